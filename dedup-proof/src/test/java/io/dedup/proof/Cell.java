package io.dedup.proof;

import java.util.List;

/**
 * How one run with one fault ended.
 *
 * @param broken what the promise says and was not found; empty if it holds
 */
record Cell(String ending, List<String> broken) {

    boolean holds() {
        return broken.isEmpty();
    }
}
