package io.dedup.proof;

import io.dedup.DedupListener;
import io.dedup.Outcome;
import io.dedup.Result;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** One run of a scenario: its messages, what the library said of them, and what is left when all is over. */
final class Trial implements DedupListener {

    private final Scenario scenario;
    private final List<String> messages;
    private final List<Result> results = new CopyOnWriteArrayList<>();
    private final List<String> broken = new ArrayList<>();
    private boolean allInQueue;

    Trial(Scenario scenario, String id) {
        this.scenario = scenario;
        this.messages = scenario.messages(id);
    }

    Scenario scenario() {
        return scenario;
    }

    List<String> messages() {
        return messages;
    }

    @Override
    public void onResult(Result result) {
        results.add(result);
    }

    int results() {
        return results.size();
    }

    /** The faulty consumer is gone. */
    void left(long inQueue) {
        allInQueue = inQueue == messages.size();
    }

    void require(boolean met, String otherwise) {
        if (!met) {
            broken.add(otherwise);
        }
    }

    /**
     * What the promise says of a message, when nothing is in the queue any more. Where the fault keeps the swallowed
     * error from the server, the message is as good as any other.
     */
    void judge(String message, Remains remains, long deadLetters) {
        boolean last = message.equals(messages.get(messages.size() - 1));
        boolean dead = scenario == Scenario.SWALLOWING ? deadLetters > 0 : last && scenario.endsAsDeadLetter();
        long effects = dead ? 0 : 1;
        String of = messages.size() == 1 ? "" : " of message " + (messages.indexOf(message) + 1);
        require(remains.effects() == effects, remains.effects() + " effects" + of);
        require(remains.keys() == remains.effects(), remains.keys() + " keys" + of);
        require(dead || remains.failures() == 0, "failures still counted" + of);
        require(dead ? deadLetters > 0 : deadLetters == 0, deadLetters + " dead letters" + of);
    }

    /** What was found of one message in the database. */
    record Remains(long effects, long keys, long failures) {}

    List<String> broken() {
        return broken;
    }

    /** The story in a few words. */
    String ending(long deadLetters) {
        List<Outcome> outcomes = of(messages.get(messages.size() - 1));
        boolean recognised = !outcomes.isEmpty() && outcomes.get(outcomes.size() - 1) == Outcome.DUPLICATE;
        String end = deadLetters > 1 ? "dead-lettered twice" : deadLetters == 1 ? "dead-lettered" : null;
        end = end != null ? end : recognised ? "recognised" : "processed";
        return allInQueue || outcomes.size() > 1 ? "redelivered, " + end : end;
    }

    private List<Outcome> of(String id) {
        return results.stream()
                .filter(result -> result.key().messageId().equals(id))
                .map(Result::outcome)
                .toList();
    }
}
