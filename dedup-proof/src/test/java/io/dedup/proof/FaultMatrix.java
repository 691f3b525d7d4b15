package io.dedup.proof;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Every step of a scenario × every fault. */
record FaultMatrix(Scenario scenario, Cell plain, List<Row> rows) {

    /** Cells that are the same as another one are not run, and missing. */
    record Row(Step step, Map<Fault, Cell> cells) {}

    static FaultMatrix run(Scenario scenario, Track track) throws Exception {
        Track.Plain plain = track.plain(scenario, Mutant.NONE);
        List<Integer> places = scenario.ofInterest(plain.steps());
        List<Step> steps = places.stream().map(plain.steps()::get).toList();
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < steps.size(); i++) {
            Map<Fault, Cell> cells = new EnumMap<>(Fault.class);
            for (Fault fault : faults(steps, i)) {
                cells.put(fault, track.run(scenario, Mutant.NONE, places.get(i), fault));
            }
            rows.add(new Row(steps.get(i), cells));
        }
        return new FaultMatrix(scenario, plain.cell(), rows);
    }

    private static List<Fault> faults(List<Step> steps, int at) {
        Step step = steps.get(at);
        List<Fault> faults = new ArrayList<>(List.of(Fault.THROWS));
        if (step.onWire()) {
            faults.addAll(List.of(Fault.CUT_BEFORE, Fault.CUT_AFTER, Fault.THROWS_UNCHECKED));
        }
        if (step.lasts()) {
            faults.add(Fault.DIES_BEFORE);
            if (steps.subList(at + 1, steps.size()).stream().noneMatch(Step::lasts)) {
                faults.add(Fault.DIES_AFTER);
            }
        }
        return faults;
    }

    int runs() {
        return 1 + rows.stream().mapToInt(row -> row.cells().size()).sum();
    }

    /** The cells in which the promise does not hold, told in words. */
    List<String> broken() {
        List<String> broken = new ArrayList<>();
        plain.broken().forEach(what -> broken.add(scenario + "; no fault: " + what));
        for (Row row : rows) {
            row.cells()
                    .forEach((fault, cell) -> cell.broken()
                            .forEach(what -> broken.add(scenario + "; " + row.step() + "; " + fault + ": " + what)));
        }
        return broken;
    }
}
