package io.dedup.rabbit.spring;

import io.dedup.rabbit.WithShop;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** Tests that each have a Spring application of their own around their shop. */
abstract class WithListening extends WithShop {

    Listening listening;

    @BeforeEach
    void openListening() {
        listening = new Listening(shop);
    }

    @AfterEach
    void closeListening() {
        listening.close();
    }
}
