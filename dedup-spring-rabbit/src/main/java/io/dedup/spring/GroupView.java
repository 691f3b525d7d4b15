package io.dedup.spring;

import com.rabbitmq.client.Channel;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.amqp.core.AcknowledgeMode;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.core.MessageListener;
import org.springframework.amqp.rabbit.listener.api.ChannelAwareBatchMessageListener;
import org.springframework.amqp.rabbit.listener.api.ChannelAwareMessageListener;

/** A listener of single messages as a settling container wants to see it to gather messages; it still gets one at a time. */
record GroupView(MessageListener real) implements ChannelAwareBatchMessageListener {

    @Override
    public void onMessage(Message message, @Nullable Channel channel) throws Exception {
        if (real instanceof ChannelAwareMessageListener aware) {
            aware.onMessage(message, channel);
        } else {
            real.onMessage(message);
        }
    }

    @Override
    public void onMessageBatch(List<Message> messages, @Nullable Channel channel) {
        throw new IllegalStateException("a group is handed over one by one");
    }

    @Override
    public void containerAckMode(AcknowledgeMode mode) {
        real.containerAckMode(mode);
    }

    @Override
    public boolean isAsyncReplies() {
        return real.isAsyncReplies();
    }
}
