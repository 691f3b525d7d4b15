package io.dedup.examples.spring;

import java.util.UUID;
import org.springframework.data.jpa.repository.JpaRepository;

interface PlacedOrders extends JpaRepository<PlacedOrder, UUID> {}
