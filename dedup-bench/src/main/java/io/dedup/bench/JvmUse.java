package io.dedup.bench;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/**
 * What this JVM has used.
 *
 * @param cpuNanos CPU time of all its threads, the compiler's and the collector's too
 * @param bytes allocated by all Java threads that live
 */
record JvmUse(double cpuNanos, double bytes) {

    static final JvmUse NONE = new JvmUse(0, 0);

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final OperatingSystemMXBean SYSTEM =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    static JvmUse now() {
        long bytes = 0;
        for (long allocated : THREADS.getThreadAllocatedBytes(THREADS.getAllThreadIds())) {
            bytes += Math.max(0, allocated); // -1 for a thread that has just ended
        }
        return new JvmUse(SYSTEM.getProcessCpuTime(), bytes);
    }

    JvmUse minus(JvmUse other) {
        return new JvmUse(cpuNanos - other.cpuNanos, bytes - other.bytes);
    }

    JvmUse dividedBy(int messages) {
        return new JvmUse(cpuNanos / messages, bytes / messages);
    }
}
