package io.dedup.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordingFile;

/** Flight Recorder's samples of running Java code, counted by whose code it is: of the topmost frame that is not the JDK's. */
final class JavaSamples implements AutoCloseable {

    private static final String EVENT = "jdk.ExecutionSample";

    /** The first that fits. */
    private static final List<Map.Entry<String, String>> OWNERS = List.of(
            Map.entry("io.dedup.bench", "the handler (and the benchmark)"),
            Map.entry("tools.jackson", "the handler (and the benchmark)"),
            Map.entry("io.dedup", "dedup"),
            Map.entry("com.rabbitmq", "amqp-client"),
            Map.entry("org.postgresql", "pgjdbc"),
            Map.entry("com.zaxxer", "HikariCP"));

    private final Recording recording = new Recording();

    private JavaSamples() {
        recording.enable(EVENT).withPeriod(Duration.ofMillis(10));
    }

    static JavaSamples start() {
        JavaSamples samples = new JavaSamples();
        samples.recording.start();
        return samples;
    }

    Map<String, Integer> counts() throws IOException {
        recording.stop();
        Path file = Files.createTempFile("dedup-bench", ".jfr");
        try {
            recording.dump(file);
            return counts(RecordingFile.readAllEvents(file));
        } finally {
            Files.delete(file);
        }
    }

    /** The most frequent first. */
    private static Map<String, Integer> counts(List<RecordedEvent> events) {
        Map<String, Integer> counts = new TreeMap<>();
        events.forEach(event -> counts.merge(ownerOf(event), 1, Integer::sum));
        Map<String, Integer> ordered = new LinkedHashMap<>();
        counts.entrySet().stream()
                .sorted(Map.Entry.<String, Integer>comparingByValue(Comparator.reverseOrder()))
                .forEach(count -> ordered.put(count.getKey(), count.getValue()));
        return ordered;
    }

    private static String ownerOf(RecordedEvent event) {
        if (event.getStackTrace() == null) {
            return "the JDK alone";
        }
        for (RecordedFrame frame : event.getStackTrace().getFrames()) {
            String type = frame.getMethod().getType().getName();
            for (Map.Entry<String, String> owner : OWNERS) {
                if (type.startsWith(owner.getKey())) {
                    return owner.getValue();
                }
            }
        }
        return "the JDK alone";
    }

    @Override
    public void close() {
        recording.close();
    }
}
