package io.dedup.spi;

import java.io.PrintWriter;
import java.io.Writer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The one walk over an exception's causes: bounded, since causes may form a cycle. */
public interface Causes {

    /** How far the walk goes. */
    int DEEPEST = 20;

    /**
     * An exception and its causes.
     *
     * @param thrown the exception; null for none
     * @return the exception itself first; at most {@value #DEEPEST}
     */
    static List<Throwable> of(@Nullable Throwable thrown) {
        List<Throwable> all = new ArrayList<>();
        for (Throwable cause = thrown; cause != null && all.size() < DEEPEST; cause = cause.getCause()) {
            all.add(cause);
        }
        return all;
    }

    /**
     * An exception's text, also of one that has none: a handler's exception can be as broken as the handler.
     *
     * @param thrown the exception
     * @return what {@code toString} says; the name of the class where that fails or says nothing
     */
    static String text(Throwable thrown) {
        try {
            String text = thrown.toString();
            return text == null ? thrown.getClass().getName() : text;
        } catch (Throwable e) { // an Error too, such as of a text without end
            return thrown.getClass().getName();
        }
    }

    /**
     * An exception that a logger can print, whatever its text does: a logger passes on what that throws.
     *
     * @param thrown the exception
     * @return the exception itself; one of the same stack trace if its text, or that of a cause, fails
     */
    static Throwable printable(Throwable thrown) {
        try {
            thrown.printStackTrace(new PrintWriter(Writer.nullWriter()));
            return thrown;
        } catch (Throwable e) {
            Throwable printable =
                    new IllegalStateException(text(thrown) + ", whose text or a cause's cannot be printed");
            printable.setStackTrace(thrown.getStackTrace());
            return printable;
        }
    }

    /**
     * Whether an exception or one of its causes is of a type.
     *
     * @param thrown the exception; null for none
     * @param type the type
     * @return true if there is one
     */
    static boolean contain(@Nullable Throwable thrown, Class<?> type) {
        return of(thrown).stream().anyMatch(type::isInstance);
    }
}
