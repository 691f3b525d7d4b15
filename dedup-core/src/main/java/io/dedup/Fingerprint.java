package io.dedup;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * The SHA-256 of a message's body. Stored beside the key, it tells a repeated message from a new one that carries an
 * old one's ID. Immutable.
 */
public final class Fingerprint {

    private final byte[] sha256;

    private Fingerprint(byte[] sha256) {
        this.sha256 = sha256;
    }

    /**
     * The fingerprint of a body.
     *
     * @param body the body, byte for byte; may be empty
     * @return its fingerprint
     */
    public static Fingerprint of(byte[] body) {
        try {
            return new Fingerprint(MessageDigest.getInstance("SHA-256").digest(body));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }

    byte[] bytes() {
        return sha256.clone();
    }

    boolean differsFrom(byte[] stored) {
        return !Arrays.equals(sha256, stored);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Fingerprint that && Arrays.equals(sha256, that.sha256);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(sha256);
    }

    /** {@return the digest in lower-case hexadecimal} */
    @Override
    public String toString() {
        return HexFormat.of().formatHex(sha256);
    }
}
