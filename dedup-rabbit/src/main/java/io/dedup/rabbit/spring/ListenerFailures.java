package io.dedup.rabbit.spring;

import java.util.List;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.springframework.amqp.AmqpRejectAndDontRequeueException;
import org.springframework.amqp.ImmediateRequeueAmqpException;
import org.springframework.amqp.core.Message;

/** Words failures as containers understand them; any other exception would have them restart their consumer. */
final class ListenerFailures {

    private static final Log LOG = LogFactory.getLog(ListenerFailures.class);

    private ListenerFailures() {}

    /** Tells trouble that the library has settled, or says how to settle, from a handler's failure. */
    private interface OfTheLibrary {}

    private static final class Back extends ImmediateRequeueAmqpException implements OfTheLibrary {
        private static final long serialVersionUID = 1L;

        Back(Throwable cause) {
            super("back to its queue", cause);
        }
    }

    private static final class Aside extends AmqpRejectAndDontRequeueException implements OfTheLibrary {
        private static final long serialVersionUID = 1L;

        Aside(Throwable cause) {
            super("put aside", cause);
        }
    }

    private static final class Settled extends RuntimeException implements OfTheLibrary {
        private static final long serialVersionUID = 1L;

        Settled(Throwable cause) {
            super("settled already", cause);
        }
    }

    static boolean isOfTheLibrary(Throwable thrown) {
        return thrown.getCause() instanceof OfTheLibrary;
    }

    /** Requeued whatever the container's default for failures is. */
    static RuntimeException back(Throwable cause, List<Message> messages) {
        return failed("not processed, and no fault of the message's", new Back(cause), messages);
    }

    /** Rejected whatever the container's default for failures is. */
    static RuntimeException aside(Throwable cause, List<Message> messages) {
        return failed("put aside", new Aside(cause), messages);
    }

    /** A failure that the error handler has been told of, and that is settled: for whoever counts failures. */
    static RuntimeException settled(Throwable failure, List<Message> messages) {
        return failed("failed, and settled", new Settled(failure), messages);
    }

    @SuppressWarnings("removal") // their successors are not there before spring-rabbit 4.1
    static boolean asksForReject(Throwable failure) {
        return org.springframework.amqp.rabbit.listener.support.ContainerUtils.isAmqpReject(failure);
    }

    /** Whether the container rejects it even where it does not settle messages. */
    @SuppressWarnings("removal")
    static boolean asksForManualReject(Throwable failure) {
        return org.springframework.amqp.rabbit.listener.support.ContainerUtils.isRejectManual(failure);
    }

    @SuppressWarnings("removal")
    static boolean asksForAck(Throwable failure) {
        return org.springframework.amqp.rabbit.listener.support.ContainerUtils.isImmediateAcknowledge(failure);
    }

    @SuppressWarnings("removal")
    static boolean requeues(boolean byDefault, Throwable failure) {
        return org.springframework.amqp.rabbit.listener.support.ContainerUtils.shouldRequeue(byDefault, failure, LOG);
    }

    @SuppressWarnings("removal")
    static RuntimeException failed(String what, Throwable cause, List<Message> messages) {
        return new org.springframework.amqp.rabbit.support.ListenerExecutionFailedException(
                what + ": " + cause.getMessage(), cause, messages.toArray(new Message[0]));
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"
    }) // containers expect the handler's exception as it is
    static <X extends Throwable> RuntimeException asItIs(Throwable thrown) throws X {
        throw (X) thrown;
    }
}
