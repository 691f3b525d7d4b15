package io.dedup.rabbit.spring.boot;

import io.dedup.rabbit.spring.ListenerRefusedException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Shows why a listener is refused as Boot shows its own refusals. */
final class RefusalFailureAnalyzer extends AbstractFailureAnalyzer<ListenerRefusedException> {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, ListenerRefusedException cause) {
        return new FailureAnalysis(
                "dedup cannot protect this listener: " + cause.description() + ".",
                DedupFailureAnalyzer.sentence(DedupFailureAnalyzer.inBootsTerms(cause.action())),
                cause);
    }
}
