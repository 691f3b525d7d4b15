package io.dedup.rabbit;

import io.dedup.Result;
import java.util.List;

/** Has the application's handler work on messages, so that each is worked on once. */
interface Processor {

    /** What became of each, in the same order. */
    List<Result> process(List<Item> items);

    /** How many to hand over next. */
    int mostAtOnce();
}
