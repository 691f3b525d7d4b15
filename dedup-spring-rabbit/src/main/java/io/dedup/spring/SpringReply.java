package io.dedup.spring;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.impl.ContentHeaderPropertyWriter;
import io.dedup.Reply;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.springframework.amqp.core.Address;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.core.MessageProperties;

/**
 * A handler's answer as Spring has made a message of it. Kept with its properties, since they tell the one who asked what
 * type it is.
 */
@SuppressWarnings("ArrayRecordComponent") // carried, never compared
record SpringReply(String exchange, String routingKey, boolean mandatory, BasicProperties properties, byte[] body) {

    /** Tells it from a reply that another kind of consumer has stored. */
    private static final String CONTENT_TYPE = "application/x-dedup-spring-reply";

    Reply stored() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeUTF(exchange);
            out.writeUTF(routingKey);
            out.writeBoolean(mandatory);
            out.writeShort(0); // so the reader expects a content header to begin: weight and body size, both unused
            out.writeLong(body.length);
            properties.writePropertiesTo(new ContentHeaderPropertyWriter(out));
            out.write(body);
        } catch (IOException e) {
            throw new UncheckedIOException("a reply cannot be stored", e);
        }
        return new Reply(bytes.toByteArray(), CONTENT_TYPE);
    }

    /** The stored answer, for a request that has come again: it goes to where this request says, if it says so. */
    static SpringReply to(Message request, Reply stored) {
        return CONTENT_TYPE.equals(stored.contentType()) ? read(stored).readdressed(request) : plain(request, stored);
    }

    private static SpringReply read(Reply stored) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(stored.body()))) {
            return new SpringReply(
                    in.readUTF(), in.readUTF(), in.readBoolean(), new BasicProperties(in), in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException("a stored reply cannot be read", e);
        }
    }

    private static SpringReply plain(Message request, Reply stored) {
        BasicProperties properties =
                new BasicProperties.Builder().contentType(stored.contentType()).build();
        String replyTo = String.valueOf(request.getMessageProperties().getReplyTo());
        return new SpringReply("", replyTo, false, properties, stored.body()).readdressed(request);
    }

    private SpringReply readdressed(Message request) {
        MessageProperties asked = request.getMessageProperties();
        String correlation = asked.getCorrelationId() != null ? asked.getCorrelationId() : asked.getMessageId();
        BasicProperties answer = properties.builder().correlationId(correlation).build();
        Address replyTo = asked.getReplyToAddress();
        return replyTo == null
                ? new SpringReply(exchange, routingKey, mandatory, answer, body)
                : new SpringReply(replyTo.getExchangeName(), replyTo.getRoutingKey(), mandatory, answer, body);
    }

    void send(Channel channel) throws IOException {
        channel.basicPublish(exchange, routingKey, mandatory, properties, body);
    }
}
