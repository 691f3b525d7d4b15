package io.dedup;

/**
 * A message whose handler has failed, and has not succeeded since.
 *
 * @param key the message
 * @param attempts how often, and when
 * @param lastError what the handler threw last, cut to 1,000 characters
 */
public record FailingMessage(MessageKey key, FailedAttempts attempts, String lastError) {}
