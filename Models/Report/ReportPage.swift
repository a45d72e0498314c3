import JSON

/// A report as a page for people with or without eyes, by day or by night.
struct ReportPage {
    private let report: TrainingReport

    init(_ report: TrainingReport) { self.report = report }

    /// Nothing may be loaded or run, whatever a title holds: escaping is the lock, this the bolt.
    private static let policy = "default-src 'none'; style-src 'unsafe-inline'"

    private static let style = """
        :root{color-scheme:light dark;--ink:#1a202c;--paper:#fff;--soft:#4a5568;--rule:#e2e8f0;\
        --mark:#ebf4ff}@media(prefers-color-scheme:dark){:root{--ink:#edf2f7;--paper:#171b22;\
        --soft:#a0aec0;--rule:#2d3748;--mark:#1f3350}}body{color:var(--ink);\
        background:var(--paper);font:16px/1.5 system-ui,sans-serif;max-width:58rem;margin:0 auto;\
        padding:1.5rem}h1{font-size:1.7rem}h2{font-size:1.2rem;margin-top:2.2rem}\
        table{border-collapse:collapse;width:100%}caption{text-align:left;color:var(--soft);\
        padding:.3rem 0}th,td{text-align:left;padding:.3rem .6rem;\
        border-bottom:1px solid var(--rule);vertical-align:top}td.n,th.n{text-align:right;\
        font-variant-numeric:tabular-nums}tr.served{background:var(--mark);font-weight:600}\
        .soft{color:var(--soft)}svg{max-width:100%;height:auto;border:1px solid var(--rule)}\
        figure{margin:1rem 0}pre{overflow:auto;border:1px solid var(--rule);padding:.8rem;\
        font-size:.85rem}
        """

    var html: String {
        let title = MarkupText.escaped(report.title)
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="\(Self.policy)">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(title)</title>
            <style>\(Self.style)</style>
            </head>
            <body>
            <main>
            <h1>\(title)</h1>
            \(sections.joined())</main>
            </body>
            </html>

            """
    }

    private var sections: [String] {
        var sections = report.summary.map { "<p>\(MarkupText.escaped($0))</p>\n" }
        if let quality = report.quality { sections.append(Self.section("Quality", table(quality))) }
        if !report.samples.isEmpty {
            sections.append(
                Self.section("Sample recommendations", report.samples.map(sample).joined()))
        }
        if !report.curves.isEmpty {
            sections.append(Self.section("Training", report.curves.map(chart).joined()))
        }
        if let map = report.map {
            let hint =
                "<p class=\"soft\">Neighbours on the map are neighbours in the model. "
                + "Rest the pointer on a point to see its title.</p>\n"
            sections.append(
                Self.section("Map of the embedding", "\(hint)<figure>\(map.svg)</figure>\n"))
        }
        if let rows = report.rows { sections.append(Self.section("Data", table(rows))) }
        for (title, object) in [("Recipe", report.recipe), ("Provenance", report.provenance)]
        where !object.isEmpty {
            let text = String(decoding: JSONValue.object(object).encodedForReading(), as: UTF8.self)
            sections.append(Self.section(title, "<pre>\(Self.lines(text))</pre>\n"))
        }
        return sections
    }

    private static func section(_ title: String, _ content: String) -> String {
        "<section>\n<h2>\(MarkupText.escaped(title))</h2>\n\(content)</section>\n"
    }

    /// Escaped text that keeps its line ends.
    private static func lines(_ text: String) -> String {
        text.split(separator: "\n").map { MarkupText.escaped(String($0)) }.joined(separator: "\n")
    }
}

extension ReportPage {
    private func table(_ quality: TrainingReport.Quality) -> String {
        var html = "<table>\n<caption>\(MarkupText.escaped(quality.measuredBy))</caption>\n"
        html += "<thead><tr><th scope=\"col\">Method</th>"
        for measure in quality.measures {
            html += "<th scope=\"col\" class=\"n\">\(MarkupText.escaped(measure))</th>"
        }
        html += "</tr></thead>\n<tbody>\n"
        for method in quality.methods {
            let name = method.isServed ? "\(method.name) (this bundle)" : method.name
            html +=
                "<tr\(method.isServed ? " class=\"served\"" : "")>"
                + "<th scope=\"row\">\(MarkupText.escaped(name))</th>"
            for figure in method.figures {
                let confidence = figure.confidence.map { " ± \(MarkupText.figure($0))" } ?? ""
                html += "<td class=\"n\">\(MarkupText.figure(figure.value))\(confidence)</td>"
            }
            html += "</tr>\n"
        }
        return html + "</tbody>\n</table>\n"
    }

    private func table(_ rows: TrainingReport.Rows) -> String {
        var html =
            "<p>\(rows.kept) of \(rows.read) rows were kept: \(rows.readers) readers and "
            + "\(rows.items) items.</p>\n"
        guard !rows.refused.isEmpty else { return html }
        html += """
            <table>
            <caption>What was refused or changed</caption>
            <thead><tr><th scope="col" class="n">Rows</th><th scope="col">Reason</th>\
            <th scope="col">For instance</th></tr></thead>
            <tbody>

            """
        for row in rows.refused {
            html +=
                "<tr><td class=\"n\">\(row.count)</td><td>\(MarkupText.escaped(row.reason))"
                + "</td><td>\(MarkupText.escaped(row.example))</td></tr>\n"
        }
        return html + "</tbody>\n</table>\n"
    }

    private func sample(_ sample: TrainingReport.Sample) -> String {
        let answers = Self.list(sample.answers.map { ($0.title, $0.author, $0.reason) })
        switch sample.question {
        case .liked(let titles):
            let question = titles.map { "<q>\(MarkupText.escaped($0))</q>" }
                .joined(separator: ", ")
            return "<h3>Who liked \(question)</h3>\n"
                + (sample.answers.isEmpty ? "<p>No answer.</p>\n" : answers)
        case .rated(let reader, let items):
            let name = MarkupText.escaped(reader)
            return "<h3>Reader \(name)</h3>\n<p>Best rated by the reader:</p>\n"
                + Self.list(items.map { ($0.title, $0.author, $0.rating) })
                + "<p>Of what the reader did not rate, the largest predictions:</p>\n" + answers
        }
    }

    private static func list(_ rows: [(title: String, author: String, note: String)]) -> String {
        var html = "<ol>\n"
        for row in rows {
            html += "<li>\(MarkupText.escaped(row.title))"
            if !row.author.isEmpty { html += ", \(MarkupText.escaped(row.author))" }
            if !row.note.isEmpty {
                html += " <span class=\"soft\">\(MarkupText.escaped(row.note))</span>"
            }
            html += "</li>\n"
        }
        return html + "</ol>\n"
    }

    /// A chart, and its last figures in words for those who do not see it.
    private func chart(_ chart: LineChart) -> String {
        let ends = chart.series.compactMap { series in
            series.points.last.map {
                "\(series.name) \(MarkupText.figure($0.y)) at \(chart.xTitle) "
                    + MarkupText.figure($0.x)
            }
        }.joined(separator: "; ")
        return "<figure>\(chart.svg)<figcaption>\(MarkupText.escaped(chart.title)). "
            + "At the end: \(MarkupText.escaped(ends)).</figcaption></figure>\n"
    }
}
