-- The application's own migrations, run by Spring Boot. The library's have a history of their own.
CREATE TABLE placed_order (
    id        uuid    PRIMARY KEY,
    customer  text    NOT NULL,
    cents     bigint  NOT NULL
);

CREATE TABLE customer_total (
    customer  text    PRIMARY KEY,
    orders    integer NOT NULL,
    cents     bigint  NOT NULL
);
