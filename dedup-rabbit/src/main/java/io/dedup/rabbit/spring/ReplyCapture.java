package io.dedup.rabbit.spring;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.core.MessageListener;
import org.springframework.amqp.core.MessagePostProcessor;
import org.springframework.amqp.rabbit.listener.adapter.AbstractAdaptableMessageListener;

/** Runs last before Spring publishes a handler's reply, and so tells that publish from the handler's own. */
final class ReplyCapture implements MessagePostProcessor {

    private ReplyCapture() {}

    static void in(@Nullable MessageListener listener) {
        if (listener instanceof AbstractAdaptableMessageListener adapter) {
            MessagePostProcessor[] theirs = adapter.getBeforeSendReplyPostProcessors();
            int count = theirs == null ? 0 : theirs.length;
            MessagePostProcessor[] all =
                    theirs == null ? new MessagePostProcessor[1] : Arrays.copyOf(theirs, count + 1);
            all[count] = new ReplyCapture();
            adapter.setBeforeSendReplyPostProcessors(all);
        }
    }

    @Override
    public Message postProcessMessage(Message reply) {
        InWork work = InWork.current();
        if (work != null) {
            work.replyFollows();
        }
        return reply;
    }
}
