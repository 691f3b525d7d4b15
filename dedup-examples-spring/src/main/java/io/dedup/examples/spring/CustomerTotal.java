package io.dedup.examples.spring;

import jakarta.persistence.Entity;
import jakarta.persistence.Id;

/** What a customer has ordered in all: no unique key would keep a duplicate from being added twice. */
@Entity
class CustomerTotal {

    @Id
    private String customer;

    private int orders;
    private long cents;

    /** For JPA. */
    protected CustomerTotal() {
        this("");
    }

    CustomerTotal(String customer) {
        this.customer = customer;
    }

    void add(long more) {
        orders++;
        cents += more;
    }

    String customer() {
        return customer;
    }

    int orders() {
        return orders;
    }

    long cents() {
        return cents;
    }
}
