/// Points of a plane with their names, as a drawing.
///
/// An SVG of its own or a part of a page: no script, no address, and colours that follow the
/// reader's choice of light or dark.
package struct PointMap: Sendable {
    package struct Point: Sendable {
        package var x: Double
        package var y: Double
        /// Shown when the pointer rests on the point.
        package var title: String

        package init(x: Double, y: Double, title: String) {
            self.x = x
            self.y = y
            self.title = title
        }
    }

    package var title: String
    package var points: [Point]
    /// Places in `points` whose titles stand beside them, most important first.
    package var labelled: [Int]

    package init(title: String, points: [Point], labelled: [Int] = []) {
        self.title = title
        self.points = points
        self.labelled = labelled
    }

    private static let side = 1_000.0
    private static let margin = 24.0
    private static let labelLength = 28
    private static let labelHeight = 20.0
    /// What a letter takes at most, on the average of a label.
    private static let letterWidth = 8.5
    private static let labelDistance = 8.0

    /// The drawing; points whose place is no number are left out.
    package var svg: String {
        let shown = points.indices.filter { points[$0].x.isFinite && points[$0].y.isFinite }
        let scale = Scale(points: shown.map { points[$0] })
        let radius = shown.count > 2_000 ? "2" : shown.count > 300 ? "3.5" : "6"
        var svg = """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="\(scale.viewBox)" role="img" \
            class="map"><title>\(MarkupText.escaped(title))</title>
            <style>.map{background:#fff;font:15px sans-serif}.map circle{fill:#2b6cb0;\
            fill-opacity:.55}.map circle:hover{fill:#c05621;fill-opacity:1}.map text{fill:#1a202c;\
            paint-order:stroke;stroke:#fff;stroke-width:3px;pointer-events:none}\
            @media(prefers-color-scheme:dark){.map{background:#171b22}.map circle{fill:#7fb2f0}\
            .map text{fill:#edf2f7;stroke:#171b22}}</style>

            """
        for index in shown {
            let place = scale.place(of: points[index])
            svg += """
                <circle cx="\(MarkupText.number(place.x))" cy="\(MarkupText.number(place.y))" \
                r="\(radius)"><title>\(MarkupText.escaped(points[index].title))</title></circle>

                """
        }
        return svg + labels(shown: Set(shown), scale) + "</svg>\n"
    }

    private func labels(shown: Set<Int>, _ scale: Scale) -> String {
        var taken: [(x: ClosedRange<Double>, y: Double)] = []
        var svg = ""
        for index in labelled where shown.contains(index) {
            let place = scale.place(of: points[index])
            let title = points[index].title
            let text =
                title.count > Self.labelLength
                ? title.prefix(Self.labelLength - 1) + "…" : title[...]
            let width = Double(text.count) * Self.letterWidth
            let isRight = place.x + Self.labelDistance + width > Self.side
            let start = place.x + (isRight ? -Self.labelDistance : Self.labelDistance)
            let range = isRight ? start - width...start : start...start + width
            // One that covered another could not be read, and neither could the other.
            let isFree = taken.allSatisfy { other in
                abs(other.y - place.y) > Self.labelHeight || !other.x.overlaps(range)
            }
            guard isFree else { continue }
            taken.append((range, place.y))
            svg += """
                <text x="\(MarkupText.number(start))" \
                y="\(MarkupText.number(place.y + 4))"\(isRight ? " text-anchor=\"end\"" : "")>\
                \(MarkupText.escaped(String(text)))</text>

                """
        }
        return svg
    }

    /// One scale for both axes: distances on a map are comparable in all directions.
    private struct Scale {
        let centre: SIMD2<Double>
        let factor: Double
        /// As high as the points need.
        let viewBox: String

        init(points: [Point]) {
            var low = SIMD2<Double>(repeating: .infinity)
            var high = SIMD2<Double>(repeating: -.infinity)
            for point in points {
                low = pointwiseMin(low, SIMD2(point.x, point.y))
                high = pointwiseMax(high, SIMD2(point.x, point.y))
            }
            let half = points.isEmpty ? .zero : high / 2 - low / 2
            centre = points.isEmpty ? .zero : low / 2 + high / 2
            let extent = half.max()
            factor = extent > 0 ? (PointMap.side / 2 - PointMap.margin) / extent : 1
            let height = (half.y * factor + PointMap.margin) * 2
            viewBox = [0, (PointMap.side - height) / 2, PointMap.side, height]
                .map(MarkupText.number).joined(separator: " ")
        }

        /// The second axis of a drawing points down.
        func place(of point: Point) -> SIMD2<Double> {
            let x = (point.x - centre.x) * factor
            let y = (point.y - centre.y) * factor
            return SIMD2(PointMap.side / 2 + x, PointMap.side / 2 - y)
        }
    }
}
