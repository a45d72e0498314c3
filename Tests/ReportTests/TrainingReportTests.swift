import Foundation
import JSON
import Report
import Testing

@Suite struct LineChartTests {
    private static func chart(_ series: LineChart.Series...) -> LineChart {
        LineChart(title: "Loss", xTitle: "epoch", yTitle: "loss", series: series)
    }

    @Test func `a curve goes from edge to edge`() {
        let svg = Self.chart(.init(name: "train", points: [(1, 4), (2, 3), (3, 2)])).svg

        #expect(svg.contains(#"points="64,20 384,156 704,292""#))
    }

    @Test func `a second curve has dashes of its own`() {
        let svg = Self.chart(
            .init(name: "train", points: [(1, 4), (2, 3)]),
            .init(name: "validation", points: [(1, 5), (2, 4)])
        ).svg

        #expect(svg.contains(#"class="line c1" stroke-dasharray="7 4""#))
    }

    @Test(
        arguments: [
            [], [(1, 1)], [(1, 2), (2, 2)], [(0, .nan), (1, 1)], [(.infinity, 1)],
            [(0, 0), (1, 1e300)],
            [(0, -1e300), (1, 1e300)], [(1e16, 1e-300), (1e16 + 2, 2e-300)],
        ] as [[(Double, Double)]])
    func `a curve without a range is still drawn`(points: [(Double, Double)]) {
        let svg = Self.chart(
            .init(name: "train", points: points.map { (x: $0.0, y: $0.1) })
        ).svg

        #expect(svg.hasSuffix("</svg>\n"))
        #expect(!svg.contains("nan") && !svg.contains("inf"))
    }
}

@Suite struct TrainingReportTests {
    private static let hostile = #"<img src="https://x" onerror='alert(1)'>&"#

    private static func whole(_ text: String) -> TrainingReport {
        var report = TrainingReport(title: text)
        report.summary = [text]
        report.rows = .init(
            read: 10, kept: 8, readers: 3, items: 4, refused: [(text, 2, text)])
        report.curves = [
            LineChart(
                title: text, xTitle: text, yTitle: text,
                series: [.init(name: text, points: [(1, 2), (2, 1)])])
        ]
        report.quality = .init(
            measuredBy: text, measures: [text],
            methods: [
                .init(name: "popularity", figures: [(0.0268, nil)]),
                .init(name: text, isServed: true, figures: [(0.0934, 0.0072)]),
            ])
        report.samples = [
            .init(question: .liked([text]), answers: [(text, text, text)]),
            .init(
                question: .rated(reader: text, items: [(text, text, text)]),
                answers: [(text, text, text)]),
        ]
        report.map = PointMap(title: text, points: [.init(x: 0, y: 0, title: text)], labelled: [0])
        report.recipe = ["name": .string(text)]
        report.provenance = ["seed": 42]
        return report
    }

    @Test func `nothing in a text becomes a tag or an attribute`() {
        let html = Self.whole(Self.hostile).html

        #expect(!html.contains("<img"))
        #expect(!html.contains("onerror='"))
        #expect(
            html.contains("&lt;img src=&quot;https://x&quot; onerror=&#39;alert(1)&#39;&gt;&amp;"))
    }

    @Test func `the page loads nothing`() {
        let html = Self.whole("Report").html

        let addresses = html.components(separatedBy: "://").dropFirst()
        #expect(addresses.allSatisfy { $0.hasPrefix("www.w3.org/2000/svg\"") })
        #expect(!html.contains("<script") && !html.contains("<link") && !html.contains("url("))
        #expect(html.contains("default-src 'none'"))
    }

    @Test func `the served method is marked and has its interval`() {
        let html = Self.whole("vote").html

        #expect(html.contains(#"<tr class="served"><th scope="row">vote (this bundle)</th>"#))
        #expect(html.contains("0.0934 ± 0.0072"))
        #expect(html.contains("8 of 10 rows were kept"))
    }

    @Test func `a reader's best rated items stand above what is predicted for the reader`() throws {
        var report = TrainingReport(title: "Ratings")
        report.samples = [
            .init(
                question: .rated(reader: "314", items: [("Emma", "Jane Austen", "gave 4.5")]),
                answers: [("Persuasion", "", "predicted 4.71")])
        ]

        let html = report.html

        #expect(html.contains("<h3>Reader 314</h3>"))
        let given = try #require(
            html.range(of: "<li>Emma, Jane Austen <span class=\"soft\">gave 4.5"))
        let predicted = try #require(
            html.range(of: "<li>Persuasion <span class=\"soft\">predicted 4.71"))
        #expect(given.upperBound < predicted.lowerBound)
    }

    @Test func `a report of a title alone is a whole page`() {
        let html = TrainingReport(title: "Empty").html

        #expect(html.hasPrefix("<!DOCTYPE html>"))
        #expect(!html.contains("<section>"))
    }

    /// An XML parser accepts the body: each tag is closed and each attribute quoted.
    @Test func `the page is well formed`() {
        let html = Self.whole("A & B \u{1} \u{FFFE} 😀").html
        let start = html.range(of: "<main>")?.lowerBound ?? html.endIndex
        let end = html.range(of: "</main>")?.upperBound ?? html.endIndex
        let main = String(html[start..<end])

        #expect(WellFormed.check(main) == nil)
    }
}

/// Whether tags are closed in their order, without the parser of another library.
private enum WellFormed {
    static func check(_ text: String) -> String? {
        var open: [Substring] = []
        var rest = text[...]
        while let start = rest.firstIndex(of: "<") {
            guard let end = rest[start...].firstIndex(of: ">") else { return "a tag has no end" }
            let tag = rest[rest.index(after: start)..<end]
            rest = rest[rest.index(after: end)...]
            if tag.hasSuffix("/") { continue }
            if tag.hasPrefix("/") {
                guard open.popLast() == tag.dropFirst() else { return "</\(tag)> closes another" }
            } else {
                open.append(tag.prefix { $0 != " " })
            }
        }
        return open.isEmpty ? nil : "<\(open[0])> is not closed"
    }
}
