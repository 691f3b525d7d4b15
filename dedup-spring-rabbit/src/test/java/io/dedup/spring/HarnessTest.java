package io.dedup.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.verify;

import io.dedup.Dedup;
import io.dedup.Outcome;
import io.dedup.rabbit.Shop;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.rabbit.test.RabbitListenerTest;
import org.springframework.amqp.rabbit.test.RabbitListenerTestHarness;
import org.springframework.amqp.rabbit.test.mockito.LatchCountDownAndCallRealMethodAnswer;
import org.springframework.context.annotation.Configuration;

/** spring-rabbit-test's harness with listeners that are protected. */
@Timeout(60)
class HarnessTest extends WithListening {

    @Configuration
    @RabbitListenerTest(capture = true)
    static class Harness {}

    @BeforeEach
    void open() throws Exception {
        listening.context.register(Harness.class);
    }

    /** With a constructor that the harness's mocks can use. */
    public static class Orders {
        private final Listening listening;

        public Orders() {
            this(null);
        }

        Orders(Listening listening) {
            this.listening = listening;
        }

        @DedupRabbitListener(id = "orders", queues = "${queue}", consumer = "harness")
        public void on(Message message) {
            Dedup.assertActive();
            listening.save(message.getMessageProperties().getMessageId());
        }
    }

    @Test
    void spiesAndCapturesAListenerThatIsProtected() throws Exception {
        listening.start(new Orders(listening));
        RabbitListenerTestHarness harness = listening.context.getBean(RabbitListenerTestHarness.class);
        Orders spy = harness.getSpy("orders");
        LatchCountDownAndCallRealMethodAnswer answer = harness.getLatchAnswerFor("orders", 1);
        org.mockito.Mockito.doAnswer(answer).when(spy).on(org.mockito.ArgumentMatchers.any());
        shop.publish("1");
        assertThat(answer.await(20)).isTrue();
        shop.publish("1");
        Shop.eventually().until(() -> listening.outcomes(Outcome.DUPLICATE) == 1);
        verify(spy).on(org.mockito.ArgumentMatchers.any());
        RabbitListenerTestHarness.InvocationData call =
                harness.getNextInvocationDataFor("orders", 10, TimeUnit.SECONDS);
        assertThat(((Message) call.getArguments()[0]).getMessageProperties().getMessageId())
                .isEqualTo("1");
        assertThat(listening.results.get(0).key().consumer()).isEqualTo("harness");
        assertThat(shop.effects()).isOne();
    }
}
