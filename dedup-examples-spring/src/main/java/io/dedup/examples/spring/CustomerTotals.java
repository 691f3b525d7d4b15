package io.dedup.examples.spring;

import jakarta.persistence.LockModeType;
import java.util.Optional;
import org.springframework.data.jpa.repository.JpaRepository;
import org.springframework.data.jpa.repository.Lock;

interface CustomerTotals extends JpaRepository<CustomerTotal, String> {

    /** Locked, since several listeners add to it at the same time. */
    @Override
    @Lock(LockModeType.PESSIMISTIC_WRITE)
    Optional<CustomerTotal> findById(String customer);
}
