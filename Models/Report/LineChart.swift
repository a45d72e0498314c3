/// Curves over steps or epochs, as a drawing of its own or a part of a page.
package struct LineChart: Sendable {
    package struct Series: Sendable {
        package var name: String
        /// In the order of x; a place that is no number is left out.
        package var points: [(x: Double, y: Double)]

        package init(name: String, points: [(x: Double, y: Double)]) {
            self.name = name
            self.points = points
        }
    }

    package var title: String
    package var xTitle: String
    package var yTitle: String
    package var series: [Series]

    package init(title: String, xTitle: String, yTitle: String, series: [Series]) {
        self.title = title
        self.xTitle = xTitle
        self.yTitle = yTitle
        self.series = series
    }

    private static let (width, height) = (720.0, 340.0)
    private static let (left, right, top, bottom) = (64.0, 16.0, 20.0, 48.0)
    private static let pointsMax = 60
    /// Curves differ in colour and in dashes: colours alone say nothing to one man in twelve.
    private static let dashes = ["", "7 4", "2 3", "9 3 2 3"]

    package var svg: String {
        let shown = series.map { series in
            Series(
                name: series.name, points: series.points.filter { $0.x.isFinite && $0.y.isFinite })
        }
        let (x, y) = Self.axes(of: shown)
        var svg = """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 340" role="img" \
            class="chart"><title>\(MarkupText.escaped(title))</title>
            <style>.chart{background:#fff;font:12px sans-serif}.chart text{fill:#4a5568}\
            .chart .grid{stroke:#e2e8f0}.chart .line{fill:none;stroke-width:2}\
            .chart circle{fill:#fff;stroke-width:2}\
            .chart .c0{stroke:#2b6cb0}.chart .c1{stroke:#c05621}.chart .c2{stroke:#2f855a}\
            .chart .c3{stroke:#805ad5}@media(prefers-color-scheme:dark){\
            .chart{background:#171b22}.chart circle{fill:#171b22}\
            .chart text{fill:#cbd5e0}.chart .grid{stroke:#2d3748}\
            .chart .c0{stroke:#7fb2f0}.chart .c1{stroke:#f6ad55}.chart .c2{stroke:#68d391}\
            .chart .c3{stroke:#b794f4}}</style>

            """
        svg += Self.grid(x, y)
        for (index, curve) in shown.enumerated() { svg += Self.curve(curve, index, x, y) }
        return svg + names(shown) + "</svg>\n"
    }

    /// A range of values on a range of the drawing.
    private struct Axis {
        var low: Double
        var high: Double
        var start: Double
        var end: Double
        var ticks: [Double]

        func place(_ value: Double) -> Double {
            start + (value - low) / (high - low) * (end - start)
        }
    }

    private static func axes(of series: [Series]) -> (x: Axis, y: Axis) {
        let points = series.flatMap(\.points)
        return (
            axis(points.map(\.x), from: left, to: width - right, isWide: true),
            axis(points.map(\.y), from: height - bottom, to: top, isWide: false)
        )
    }

    private static func axis(
        _ values: [Double], from start: Double, to end: Double, isWide: Bool
    ) -> Axis {
        var (low, high) = (values.min() ?? 0, values.max() ?? 1)
        // A single value, or one that other values are lost in, still needs a range.
        if !(high - low > abs(high) * 1e-9) {
            let half = max(abs(low) / 2, 0.5)
            (low, high) = (low - half, high + half)
        }
        let step = roundStep((high - low) / (isWide ? 8 : 5))
        var ticks: [Double] = []
        var tick = (low / step).rounded(.up)
        // Beyond the precision of a number, adding one changes nothing.
        while tick * step <= high + step * 1e-9, ticks.count < 20 {
            ticks.append(tick * step)
            tick += 1
        }
        return Axis(low: low, high: high, start: start, end: end, ticks: ticks)
    }

    /// The next larger of 1, 2, 5, 10, 20 ...
    private static func roundStep(_ raw: Double) -> Double {
        var power = 1.0
        while power * 10 <= raw, power < 1e300 { power *= 10 }
        while power > raw, power > 1e-300 { power /= 10 }
        return [1, 2, 5, 10].map { $0 * power }.first { $0 >= raw } ?? 10 * power
    }

    private static func grid(_ x: Axis, _ y: Axis) -> String {
        let n = MarkupText.number
        var svg = ""
        for tick in y.ticks {
            svg += """
                <line class="grid" x1="\(n(left))" x2="\(n(width - right))" \
                y1="\(n(y.place(tick)))" y2="\(n(y.place(tick)))"/>\
                <text x="\(n(left - 6))" y="\(n(y.place(tick) + 4))" text-anchor="end">\
                \(MarkupText.figure(tick))</text>

                """
        }
        for tick in x.ticks {
            svg += """
                <text x="\(n(x.place(tick)))" y="\(n(height - bottom + 16))" \
                text-anchor="middle">\(MarkupText.figure(tick))</text>

                """
        }
        return svg
    }

    private static func curve(_ series: Series, _ index: Int, _ x: Axis, _ y: Axis) -> String {
        let n = MarkupText.number
        let places = series.points.map { "\(n(x.place($0.x))),\(n(y.place($0.y)))" }
        let style = "c\(index % dashes.count)"
        let dash = dashes[index % dashes.count]
        var svg = """
            <polyline class="line \(style)"\(dash.isEmpty ? "" : " stroke-dasharray=\"\(dash)\"") \
            points="\(places.joined(separator: " "))"/>

            """
        guard series.points.count <= pointsMax else { return svg }
        for point in series.points {
            svg += """
                <circle class="\(style)" cx="\(n(x.place(point.x)))" cy="\(n(y.place(point.y)))" \
                r="3"><title>\(MarkupText.escaped(series.name)) \(MarkupText.figure(point.x)): \
                \(MarkupText.figure(point.y))</title></circle>

                """
        }
        return svg
    }

    private func names(_ shown: [Series]) -> String {
        let n = MarkupText.number
        let middle = (Self.left + Self.width - Self.right) / 2
        var svg = """
            <text x="\(n(middle))" y="\(n(Self.height - 10))" text-anchor="middle">\
            \(MarkupText.escaped(xTitle))</text>
            <text x="14" y="\(n(Self.height / 2))" text-anchor="middle" \
            transform="rotate(-90 14 \(n(Self.height / 2)))">\(MarkupText.escaped(yTitle))</text>

            """
        for (index, series) in shown.enumerated() {
            let y = Self.top + 14 + Double(index) * 18
            let dash = Self.dashes[index % Self.dashes.count]
            svg += """
                <line class="line c\(index % Self.dashes.count)"\
                \(dash.isEmpty ? "" : " stroke-dasharray=\"\(dash)\"") \
                x1="\(n(Self.width - 190))" x2="\(n(Self.width - 160))" y1="\(n(y))" y2="\(n(y))"/>\
                <text x="\(n(Self.width - 152))" y="\(n(y + 4))">\
                \(MarkupText.escaped(series.name))</text>

                """
        }
        return svg
    }
}
