package pamwal.peer;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Time and processor time from the first decision to the end of all that follows from it. One thread folds. */
final class Pace {
    private static final OperatingSystemMXBean SYSTEM =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    private final long total;
    private final CountDownLatch done = new CountDownLatch(1);
    private long taken;
    private long underWay;
    private long beganNs;
    private long beganCpuNs;
    private volatile double seconds;
    private volatile double cpuSeconds;

    Pace(long total) {
        this.total = total;
    }

    /** A decision is taken up, and so many records are on their way from it. */
    void took(int sent) {
        if (taken++ == 0) {
            beganNs = System.nanoTime();
            beganCpuNs = SYSTEM.getProcessCpuTime();
        }
        sent(sent);
    }

    /** So many more records are on their way. */
    void sent(int more) {
        underWay += more;
    }

    /** One of them has arrived where it is kept. */
    <T> T aggregated(T state) {
        underWay--;
        check();
        return state;
    }

    /** Stops the clock once every decision is taken up and nothing is on its way. */
    void check() {
        if (taken == total && underWay == 0 && done.getCount() > 0) {
            seconds = (System.nanoTime() - beganNs) / 1e9;
            cpuSeconds = (SYSTEM.getProcessCpuTime() - beganCpuNs) / 1e9;
            done.countDown();
        }
    }

    boolean awaitEnd(long withinS) throws InterruptedException {
        return done.await(withinS, TimeUnit.SECONDS);
    }

    double seconds() {
        return seconds;
    }

    double cpuSeconds() {
        return cpuSeconds;
    }
}
