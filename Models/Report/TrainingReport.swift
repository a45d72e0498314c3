import JSON

/// What a training has to tell, as plain values: nothing here knows a model or a file.
package struct TrainingReport: Sendable {
    /// What was read of the data, and what was not.
    package struct Rows: Sendable {
        package var read: Int
        package var kept: Int
        package var readers: Int
        package var items: Int
        package var refused: [(reason: String, count: Int, example: String)]

        package init(
            read: Int, kept: Int, readers: Int, items: Int,
            refused: [(reason: String, count: Int, example: String)] = []
        ) {
            self.read = read
            self.kept = kept
            self.readers = readers
            self.items = items
            self.refused = refused
        }
    }

    /// Methods against measures; each figure with half of its 95 % interval where it is known.
    package struct Quality: Sendable {
        package struct Method: Sendable {
            package var name: String
            /// Whether the bundle answers by this one.
            package var isServed: Bool
            package var figures: [(value: Double, confidence: Double?)]

            package init(
                name: String, isServed: Bool = false,
                figures: [(value: Double, confidence: Double?)]
            ) {
                self.name = name
                self.isServed = isServed
                self.figures = figures
            }
        }

        /// How it was measured, in a sentence.
        package var measuredBy: String
        package var measures: [String]
        package var methods: [Method]

        package init(measuredBy: String, measures: [String], methods: [Method]) {
            self.measuredBy = measuredBy
            self.measures = measures
            self.methods = methods
        }
    }

    /// Who asks, and what the model answers.
    package struct Sample: Sendable {
        package enum Question: Sendable {
            /// Somebody who liked these.
            case liked([String])
            /// A reader whom the model knows, with the best rated items.
            case rated(reader: String, items: [(title: String, author: String, rating: String)])
        }

        package var question: Question
        package var answers: [(title: String, author: String, reason: String)]

        package init(
            question: Question, answers: [(title: String, author: String, reason: String)]
        ) {
            self.question = question
            self.answers = answers
        }
    }

    package var title: String
    /// What a reader should know first: one paragraph each.
    package var summary: [String] = []
    package var rows: Rows?
    package var curves: [LineChart] = []
    package var quality: Quality?
    package var samples: [Sample] = []
    package var map: PointMap?
    package var recipe: JSONObject = [:]
    package var provenance: JSONObject = [:]

    package init(title: String) { self.title = title }

    /// The report as one page: no script, no address, nothing to load, all text escaped.
    package var html: String { ReportPage(self).html }
}
