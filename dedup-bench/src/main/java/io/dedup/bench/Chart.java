package io.dedup.bench;

import io.dedup.bench.Results.Measure;
import io.dedup.bench.Settings.Part;
import java.awt.Color;
import java.awt.Font;
import java.awt.geom.Rectangle2D;
import java.text.NumberFormat;
import java.util.Locale;
import org.jfree.chart.ChartFactory;
import org.jfree.chart.JFreeChart;
import org.jfree.chart.axis.NumberAxis;
import org.jfree.chart.labels.StandardCategoryItemLabelGenerator;
import org.jfree.chart.plot.CategoryPlot;
import org.jfree.chart.plot.PlotOrientation;
import org.jfree.chart.renderer.category.BarRenderer;
import org.jfree.chart.renderer.category.StandardBarPainter;
import org.jfree.data.category.DefaultCategoryDataset;
import org.jfree.svg.SVGGraphics2D;

/** The medians of the throughput as bars. */
final class Chart {

    private static final int WIDTH = 900;
    private static final int HEIGHT_OF_ROW = 42;
    private static final int HEIGHT_OF_REST = 110;
    private static final Color[] COLOURS = {new Color(0x2f6f9f), new Color(0xe08a3c)};
    private static final Font FONT = new Font(Font.SANS_SERIF, Font.PLAIN, 12);

    private Chart() {}

    static String svg(Results results) {
        DefaultCategoryDataset bars = new DefaultCategoryDataset();
        for (String contestant : results.contestants(Part.THROUGHPUT)) {
            for (String setting : results.settings(Part.THROUGHPUT)) {
                results.of(Part.THROUGHPUT, setting, contestant, Measure.PER_SECOND)
                        .ifPresent(samples -> bars.addValue(samples.median(), setting, contestant));
            }
        }
        SVGGraphics2D svg = new SVGGraphics2D(WIDTH, HEIGHT_OF_REST + HEIGHT_OF_ROW * bars.getColumnCount());
        styled(ChartFactory.createBarChart(
                        null, null, "messages/s, median", bars, PlotOrientation.HORIZONTAL, true, false, false))
                .draw(svg, new Rectangle2D.Double(0, 0, svg.getWidth(), svg.getHeight()));
        return svg.getSVGElement();
    }

    private static JFreeChart styled(JFreeChart chart) {
        NumberFormat whole = NumberFormat.getIntegerInstance(Locale.ROOT);
        chart.setBackgroundPaint(Color.WHITE);
        chart.getLegend().setItemFont(FONT);
        CategoryPlot plot = chart.getCategoryPlot();
        plot.setBackgroundPaint(Color.WHITE);
        plot.setRangeGridlinePaint(Color.LIGHT_GRAY);
        plot.getDomainAxis().setTickLabelFont(FONT);
        plot.getDomainAxis().setMaximumCategoryLabelWidthRatio(0.35f);
        plot.getRangeAxis().setUpperMargin(0.1);
        plot.getRangeAxis().setTickLabelFont(FONT);
        ((NumberAxis) plot.getRangeAxis()).setNumberFormatOverride(whole);
        BarRenderer renderer = (BarRenderer) plot.getRenderer();
        renderer.setBarPainter(new StandardBarPainter());
        renderer.setShadowVisible(false);
        renderer.setDefaultItemLabelFont(FONT);
        renderer.setDefaultItemLabelsVisible(true);
        renderer.setDefaultItemLabelGenerator(new StandardCategoryItemLabelGenerator("{2}", whole));
        for (int i = 0; i < COLOURS.length; i++) {
            renderer.setSeriesPaint(i, COLOURS[i]);
        }
        return chart;
    }
}
