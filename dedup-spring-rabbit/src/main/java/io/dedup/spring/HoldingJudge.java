package io.dedup.spring;

import io.dedup.spi.Backoff;
import io.dedup.spi.Disposition;
import io.dedup.spi.Disposition.DeadLetter;
import io.dedup.spi.Disposition.Reason;
import io.dedup.spi.Disposition.RunAgain;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.amqp.AmqpRejectAndDontRequeueException;

/**
 * Holding containers: no error handler of Spring's decides, so what Spring's default one makes of failures is made of them
 * here. What the handler returns to its queue runs again here after a pause.
 */
final class HoldingJudge implements FailureJudge {

    /** Spring's default error handler, asked and not obeyed. Its strategy alone has another class in each line. */
    @SuppressWarnings("removal")
    private static final class SpringsDefault
            extends org.springframework.amqp.rabbit.listener.ConditionalRejectingErrorHandler {

        SpringsDefault() {
            setDiscardFatalsWithXDeath(false);
        }

        @Override
        protected void log(Throwable failure) {
            // each attempt is logged once, by the library
        }

        boolean isFatal(Throwable failure) {
            try {
                handleError(failure);
                return false;
            } catch (AmqpRejectAndDontRequeueException e) {
                return true;
            }
        }
    }

    private final SpringsDefault springsDefault = new SpringsDefault();
    private final Backoff pauses;

    HoldingJudge(Backoff pauses) {
        this.pauses = pauses;
    }

    @Override
    public Throwable thrown(Part part, Throwable thrown) {
        Throwable cause = ListenerFailures.unwrapped(thrown);
        if (ListenerFailures.isContainerStopped(thrown)) {
            return new HandlerRefusal("its container is stopped", new Disposition.Release());
        }
        if (ListenerFailures.asksForReject(thrown)) {
            return rejected("its handler asked for no other attempt", cause);
        }
        if (ListenerFailures.asksForRequeue(thrown)) {
            return refused(part, true);
        }
        if (springsDefault.isFatal(ListenerFailures.forContainer(thrown, List.of(part.message())))) {
            return rejected("it cannot be converted to what its handler takes", cause);
        }
        return cause;
    }

    @Override
    public HandlerRefusal refused(Part part, boolean requeue) {
        HeldMessage held = part.held();
        if (!requeue) {
            return rejected("rejected by its handler", null);
        }
        int returns = held == null ? 1 : held.wantedBack();
        return new HandlerRefusal("returned by its handler", new RunAgain(Reason.FAILED, pauses.after(returns), null));
    }

    private static HandlerRefusal rejected(String reason, @Nullable Throwable cause) {
        return new HandlerRefusal(reason, new DeadLetter(reason, cause, null, null));
    }
}
