import Report
import Testing

@Suite struct PointMapTests {
    private static func points(_ places: (Double, Double)...) -> [PointMap.Point] {
        places.enumerated().map { .init(x: $1.0, y: $1.1, title: "Point \($0)") }
    }

    @Test func `the map fills the drawing and points upwards`() {
        let svg = PointMap(title: "T", points: Self.points((0, 0), (10, 5))).svg

        #expect(svg.contains(#"<circle cx="24" cy="738" r="6"><title>Point 0</title></circle>"#))
        #expect(svg.contains(#"<circle cx="976" cy="262" r="6"><title>Point 1</title></circle>"#))
        #expect(svg.contains(#"viewBox="0 238 1000 524""#))
    }

    @Test func `a label that turns to the left covers none there`() {
        let points: [PointMap.Point] = [
            .init(x: 0, y: 0, title: "Elsewhere"), .init(x: 85, y: 50, title: "A first label"),
            .init(x: 99, y: 50, title: "A second label that is long"),
            .init(x: 100, y: 100, title: "Corner"),
        ]

        let svg = PointMap(title: "T", points: points, labelled: [1, 2]).svg

        #expect(svg.contains(">A first label</text>"))
        #expect(!svg.contains(">A second label that is long</text>"))
    }

    @Test func `titles are escaped`() {
        let hostile = #"</title><script>alert('&"')</script>"#

        let svg = PointMap(
            title: hostile, points: [.init(x: 0, y: 0, title: hostile)], labelled: [0]
        ).svg

        #expect(!svg.contains("<script"))
        #expect(svg.contains("&lt;/title&gt;&lt;script&gt;alert(&#39;&amp;&quot;&#39;)"))
    }

    @Test func `a point that lies nowhere is left out`() {
        let svg = PointMap(
            title: "T", points: Self.points((.nan, 0), (1, .infinity), (1, 2)), labelled: [0, 2]
        ).svg

        #expect(svg.split(separator: "<circle").count == 2)
        #expect(!svg.contains("nan"))
    }

    @Test func `labels that would cover another are left out`() {
        let svg = PointMap(
            title: "T", points: Self.points((0, 0), (0.01, 0.01), (9, 9)), labelled: [0, 1, 2]
        ).svg

        #expect(svg.contains(">Point 0</text>"))
        #expect(!svg.contains(">Point 1</text>"))
        #expect(svg.contains(">Point 2</text>"))
    }

    @Test func `an empty map is still a drawing`() {
        let svg = PointMap(title: "Nothing", points: []).svg

        #expect(svg.hasPrefix("<svg"))
        #expect(svg.hasSuffix("</svg>\n"))
    }
}
