package io.dedup.spring;

import io.dedup.spi.Causes;
import java.util.List;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.springframework.amqp.AmqpRejectAndDontRequeueException;
import org.springframework.amqp.ImmediateAcknowledgeAmqpException;
import org.springframework.amqp.ImmediateRequeueAmqpException;
import org.springframework.amqp.core.Message;

/** Failures as containers understand them; any other exception would have them restart their consumer. */
final class ListenerFailures {

    private static final Log LOG = LogFactory.getLog(ListenerFailures.class);

    private ListenerFailures() {}

    /** What the library has settled, or says how to settle; tells it from a handler's failure. */
    private interface OfTheLibrary {}

    private static final class Back extends ImmediateRequeueAmqpException implements OfTheLibrary {
        private static final long serialVersionUID = 1L;

        Back(Throwable cause) {
            super("returned to its queue", cause);
        }
    }

    private static final class Reject extends AmqpRejectAndDontRequeueException implements OfTheLibrary {
        private static final long serialVersionUID = 1L;

        Reject(Throwable cause) {
            super("rejected", cause);
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
        return failed("not processed, which is not the message's fault", new Back(cause), messages);
    }

    /** Rejected whatever the container's default for failures is. */
    static RuntimeException reject(Throwable cause, List<Message> messages) {
        return failed("rejected", new Reject(cause), messages);
    }

    /** A failure that the error handler has been notified of, and that is settled: for whoever counts failures. */
    static RuntimeException settled(Throwable failure, List<Message> messages) {
        return failed("failed, and settled", new Settled(failure), messages);
    }

    static boolean asksForReject(Throwable failure) {
        return Causes.contain(failure, AmqpRejectAndDontRequeueException.class);
    }

    static boolean asksForRequeue(Throwable failure) {
        return Causes.contain(failure, ImmediateRequeueAmqpException.class);
    }

    static boolean asksForAck(Throwable failure) {
        return Causes.contain(failure, ImmediateAcknowledgeAmqpException.class) && !asksForReject(failure);
    }

    /** The container runs nothing any more. By name, since it has another in each line of spring-rabbit. */
    static boolean isContainerStopped(Throwable failure) {
        return failure.getClass().getSimpleName().equals("MessageRejectedWhileStoppingException");
    }

    /** Whether the container rejects it even where it does not settle messages. */
    @SuppressWarnings("removal") // its successor is not there before spring-rabbit 4.1
    static boolean asksForManualReject(Throwable failure) {
        return org.springframework.amqp.rabbit.listener.support.ContainerUtils.isRejectManual(failure);
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

    /** An Error must not get to the container: it ends the process. */
    static RuntimeException forContainer(Throwable thrown, List<Message> messages) {
        return thrown instanceof RuntimeException e ? e : failed("the listener failed", thrown, messages);
    }

    /** What the application's handler threw. */
    @SuppressWarnings("removal")
    static Throwable unwrapped(Throwable thrown) {
        Throwable inner = thrown;
        while (inner instanceof org.springframework.amqp.rabbit.support.ListenerExecutionFailedException
                && inner.getCause() != null) {
            inner = inner.getCause();
        }
        return inner;
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"
    }) // containers expect the handler's exception as it is
    static <X extends Throwable> RuntimeException asItIs(Throwable thrown) throws X {
        throw (X) thrown;
    }
}
