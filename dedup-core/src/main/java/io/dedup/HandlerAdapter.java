package io.dedup;

import java.util.List;

/** Has the application's handler work on messages, so that each is worked on once. */
interface HandlerAdapter<D> {

    /** What became of each, in the same order. */
    List<Result> process(List<KeyedDelivery<D>> deliveries);

    /** How many to hand over next. */
    int mostAtOnce();

    boolean asksForReply(D delivery);
}
