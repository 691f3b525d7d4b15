package io.dedup.rabbit;

/** The library with one of its crucial steps broken. */
enum Mutant {
    NONE;

    /** The calls that the broken library makes. */
    Layer over(Layer servers) {
        return servers;
    }
}
