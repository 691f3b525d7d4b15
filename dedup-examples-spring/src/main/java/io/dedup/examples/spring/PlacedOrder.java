package io.dedup.examples.spring;

import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import java.util.UUID;

/** A row for each order. */
@Entity
class PlacedOrder {

    @Id
    private UUID id;

    private String customer;
    private long cents;

    /** For JPA. */
    protected PlacedOrder() {
        this(new UUID(0, 0), "", 0);
    }

    PlacedOrder(UUID id, String customer, long cents) {
        this.id = id;
        this.customer = customer;
        this.cents = cents;
    }

    UUID id() {
        return id;
    }

    String customer() {
        return customer;
    }

    long cents() {
        return cents;
    }
}
