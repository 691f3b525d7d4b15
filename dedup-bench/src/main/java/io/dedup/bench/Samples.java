package io.dedup.bench;

import java.util.List;

/**
 * What the rounds gave.
 *
 * @param values one for each round, at least one
 */
record Samples(List<Double> values) {

    Samples {
        if (values.isEmpty()) {
            throw new IllegalArgumentException("no round was measured");
        }
        values = values.stream().sorted().toList();
    }

    double median() {
        int middle = values.size() / 2;
        return values.size() % 2 == 1 ? values.get(middle) : (values.get(middle - 1) + values.get(middle)) / 2;
    }

    /** For figures whose range says nothing. */
    Samples medianOnly() {
        return new Samples(List.of(median()));
    }

    double min() {
        return values.get(0);
    }

    double max() {
        return values.get(values.size() - 1);
    }

    /** From the lowest to the highest, as a share of the median. */
    double spread() {
        return (max() - min()) / median();
    }

    /** By the nearest rank: the lowest value that this share of all values does not exceed. */
    double percentile(double share) {
        int rank = (int) Math.ceil(share * values.size());
        return values.get(Math.max(1, rank) - 1);
    }
}
