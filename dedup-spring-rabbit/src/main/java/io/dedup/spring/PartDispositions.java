package io.dedup.spring;

import io.dedup.spi.Disposition;
import io.dedup.spi.Disposition.Accept;
import io.dedup.spi.Disposition.DeadLetter;
import io.dedup.spi.Disposition.Reason;
import io.dedup.spi.Disposition.RunAgain;
import java.io.UncheckedIOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What to do with a delivery, given what is to be done with each of its parts. One that is to run again keeps it here; those
 * that are done are detected as duplicates then. Only what can never be processed is dead-lettered, once nothing else of
 * it is left.
 */
final class PartDispositions {

    private static final Logger log = LoggerFactory.getLogger(PartDispositions.class);

    private PartDispositions() {}

    static Disposition combined(HeldMessage held, List<Part> parts, List<Disposition> each) {
        held.replies().clear();
        RunAgain again = null;
        boolean released = false;
        Accept accepted = null;
        for (int i = 0; i < parts.size(); i++) {
            Part part = parts.get(i);
            Disposition disposition = each.get(i);
            if (disposition instanceof RunAgain later) {
                again = again == null || isStronger(later, again) ? later : again;
            } else if (disposition instanceof DeadLetter dead) {
                held.deadParts().put(part.place(), new HeldMessage.DeadPart(part, dead));
            } else if (disposition instanceof Accept accept) {
                accepted = withReply(held, part, accept, accepted);
            } else {
                released = true;
            }
        }
        if (again != null) {
            return again;
        }
        if (released) {
            return new Disposition.Release();
        }
        if (!held.deadParts().isEmpty()) {
            return held.deadParts().values().iterator().next().dead();
        }
        return accepted == null ? new Accept(null) : accepted;
    }

    /** All replies are sent for the one that the acceptance names. */
    private static Accept withReply(HeldMessage held, Part part, Accept accept, @Nullable Accept before) {
        if (accept.reply() == null) {
            return before == null ? accept : before;
        }
        try {
            held.replies().add(part.replyOf(accept.reply()));
            return accept;
        } catch (UncheckedIOException e) {
            log.warn("a request is acknowledged without its stored reply, which nobody can read any more", e);
            return before == null ? new Accept(null) : before;
        }
    }

    /** An outage is to be noticed, an unknown commit to be remembered; the longest pause serves the others too. */
    private static boolean isStronger(RunAgain one, RunAgain other) {
        int rank = rank(one.reason()) - rank(other.reason());
        return rank > 0 || (rank == 0 && one.pause().compareTo(other.pause()) > 0);
    }

    private static int rank(Reason reason) {
        return switch (reason) {
            case OUTAGE -> 2;
            case UNKNOWN -> 1;
            case FAILED, BUSY, UNAVAILABLE -> 0;
        };
    }
}
