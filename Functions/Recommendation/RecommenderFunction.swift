import BundleFormat
import FunctionRuntime
import HTTPCore
import Identifiers
import JSON
import Retrieval
import TableStorage

/// A recommender as HarperDB's projects have it: set-up, search, recommend, web page.
///
/// Books and songs differ in a ``RecommenderDescription``; this is what they share.
package struct RecommenderFunction: CustomFunction {
    private let description: RecommenderDescription
    private let context: FunctionContext
    private let slot: ModelSlot<RecommenderModel>
    private let setup: RecommenderSetup
    private let journal: RecommendationJournal

    package init(_ description: RecommenderDescription, context: FunctionContext) {
        self.description = description
        self.context = context
        slot = ModelSlot(name: description.modelName)
        setup = RecommenderSetup(description, context: context)
        journal = RecommendationJournal(description, context: context)
    }

    package var name: String { description.project }

    package var routes: [HTTPRoute] {
        [
            HTTPRoute(
                .get, "/hello", .immediate { _ throws(HTTPError) in .text("hello") }),
            // HarperDB reloads its JavaScript here; a compiled function has nothing to reload.
            HTTPRoute(
                .get, "/cf-reload",
                .immediate { _ throws(HTTPError) in
                    .json(Array(#"{"message":"Restarting custom_functions"}"#.utf8))
                }),
            HTTPRoute(.get, "/setup", .waiting { _ throws(HTTPError) in try beginSetup() }),
            HTTPRoute(.get, "/reset", .waiting { _ throws(HTTPError) in try reset() }),
            HTTPRoute(
                .get, "/\(description.searchRoute)",
                .waiting { request throws(HTTPError) in try search(request) }),
            HTTPRoute(
                .post, "/recommend",
                .prompt(
                    { request throws(HTTPError) in try recommendPromptly(request) },
                    otherwise: { request throws(HTTPError) in try recommend(request) })),
        ] + pageRoutes
    }

    package func finish() { journal.finish() }

    package var models: [ModelBinding] {
        [
            ModelBinding(
                modelName: description.modelName,
                prepare: { bundle throws(FunctionError) in
                    let model = try RecommenderModel(bundle, for: description)
                    try model.proveGoldenQueries()
                    return { slot.install(model) }
                },
                offer: { open in
                    slot.offer { () throws(FunctionError) in
                        let bundle: ModelBundle
                        do throws(BundleError) {
                            bundle = try open()
                        } catch {
                            throw FunctionError(.modelUnavailable, "\(error)", cause: error)
                        }
                        return try RecommenderModel(bundle, for: description)
                    }
                },
                serving: {
                    slot.loaded.map {
                        ServingModel(version: $0.version, digest: $0.bundle.digest.hex)
                    }
                })
        ]
    }
}

// MARK: Ask

extension RecommenderFunction {
    private func recommend(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        try answering { () throws(FunctionError) in
            let question = try Question(parsing: request.body, description)
            let model = try slot.current()
            let liked = try LikedItems(question, in: model, description)
            let ranked = model.answer(question, liked: liked)
            let records = try model.records(of: liked.chosen + ranked.map(\.item))
            return answer(liked, ranked, records, by: model)
        }
    }

    /// The same, or nil if it would wait for a disk, a load or a long computation.
    private func recommendPromptly(
        _ request: HTTPRequest
    ) throws(HTTPError) -> HTTPResponse? {
        try answering { () throws(FunctionError) in
            guard let model = slot.loaded else { return nil }
            let question = try Question(parsing: request.body, description)
            guard let liked = LikedItems(known: question, in: model),
                model.answersSoon(liked.indices)
            else { return nil }
            let ranked = model.answer(question, liked: liked)
            return model.heldRecords(of: liked.chosen + ranked.map(\.item)).map {
                answer(liked, ranked, $0, by: model)
            }
        }
    }

    /// - Parameter records: Those of what was chosen, then those of what is recommended.
    private func answer(
        _ liked: LikedItems, _ ranked: [RankedItem], _ records: [ItemRecord],
        by model: RecommenderModel
    ) -> HTTPResponse {
        let chosen = Array(records.prefix(liked.chosen.count))
        let recommended = records.dropFirst(liked.chosen.count)
        journal.note(liked: chosen, strangers: liked.strangers, answer: recommended)
        let reasons = Reasons(liked, chosen, description)
        return response(Self.encoded(ranked, recommended, reasons), model)
    }

    /// The answer as a JSON text.
    private static func encoded(
        _ ranked: [RankedItem], _ records: ArraySlice<ItemRecord>, _ reasons: Reasons
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(
            records.reduce(2) { $0 + $1.opening.count + $1.reason.count + recordExtraBytes })
        bytes.append(UInt8(ascii: "["))
        for (ranked, record) in zip(ranked, records) {
            if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
            bytes += record.opening
            bytes += #","score":"#.utf8
            JSONValue(Double(ranked.score)).write(to: &bytes)
            if let reason = reasons.reason(of: ranked) {
                bytes += #","because":"#.utf8
                bytes += reason
            }
            bytes.append(UInt8(ascii: "}"))
        }
        bytes.append(UInt8(ascii: "]"))
        return bytes
    }

    /// Room for a score and the names of the members.
    private static let recordExtraBytes = 64

    private func search(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        try answering { () throws(FunctionError) in
            guard let text = request.queryValue("q") else {
                throw FunctionError(
                    .badRequest,
                    "say what to look for: /\(description.searchRoute)?q=part+of+a+title")
            }
            guard text.utf8.count <= RecommenderLimits.searchBytesMax else {
                throw FunctionError(
                    .badRequest,
                    "the text has \(text.utf8.count) bytes, the limit is "
                        + "\(RecommenderLimits.searchBytesMax)")
            }
            let model = try slot.current()
            do throws(BundleError) {
                let found = try model.bundle.catalogue.items(
                    containing: text, limit: RecommenderLimits.foundItemsMax)
                let time = model.createdMilliseconds
                let records = found.map { index, item in
                    JSONValue.object(ItemRecord.record(item, at: index, time, description))
                }
                return response(JSONValue.array(records).encoded(), model)
            } catch {
                throw FunctionError(.modelUnavailable, error.message, cause: error)
            }
        }
    }

    private func response(_ bytes: [UInt8], _ model: RecommenderModel) -> HTTPResponse {
        var response = HTTPResponse.json(bytes)
        response.fields["X-Model-Version"] = "\(model.version)"
        return response
    }

    private func answering<Answer>(
        _ body: () throws(FunctionError) -> Answer
    ) throws(HTTPError) -> Answer {
        do throws(FunctionError) {
            return try body()
        } catch {
            throw HTTPError(error)
        }
    }
}

// MARK: Set-up and page

extension RecommenderFunction {
    private static let setUpDone = "HDBML Environment is Ready"
    private static let setUpBegun =
        "HDBML Environment Setup in Progress. Check the logs for more info. "
        + "The process should be complete within 5 minutes."

    private func beginSetup() throws(HTTPError) -> HTTPResponse {
        try answering { () throws(FunctionError) in
            let isReady = try setup.begin { () throws(FunctionError) in try slot.current() }
            return Self.success(isReady ? Self.setUpDone : Self.setUpBegun)
        }
    }

    private func reset() throws(HTTPError) -> HTTPResponse {
        try answering { () throws(FunctionError) in
            journal.finish()
            try setup.reset()
            journal.forgetTable()
            return Self.success("ML setup has been reset")
        }
    }

    private static func success(_ message: String) -> HTTPResponse {
        .json(JSONValue.object(["success": true, "message": .string(message)]).encoded())
    }

    private var pageRoutes: [HTTPRoute] {
        let files = Dictionary(
            description.page.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
        let location = "/\(description.project)/ui/"
        return [
            // The port takes "/ui" and "/ui/" for one path. The page's own addresses are relative,
            // so only the second is the page, and the first leads there.
            HTTPRoute(
                .get, "/ui",
                .immediate { request throws(HTTPError) in
                    guard !request.path.hasSuffix("/") else { return try page(files[""]) }
                    return HTTPResponse(
                        status: .permanentRedirect, fields: ["Location": location])
                }),
            HTTPRoute(
                .get, "/ui/{path...}",
                .immediate { request throws(HTTPError) in
                    try page(files[request.parameters["path"] ?? ""])
                }),
        ]
    }

    private func page(_ file: PageFile?) throws(HTTPError) -> HTTPResponse {
        guard let file else { throw HTTPError(.notFound, "there is no such file on this page") }
        return HTTPResponse(type: file.type, bytes: file.bytes)
    }
}
