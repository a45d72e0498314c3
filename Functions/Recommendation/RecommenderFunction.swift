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
                .waiting { request throws(HTTPError) in try recommend(request) }),
        ] + pageRoutes
    }

    package var models: [ModelBinding] {
        [
            ModelBinding(
                modelName: description.modelName,
                prepare: { bundle throws(FunctionError) in
                    let model = try RecommenderModel(bundle, expecting: description.modelName)
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
                        return try RecommenderModel(bundle, expecting: description.modelName)
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
            let items = try model.items(liked.chosen + ranked.map(\.item))
            let chosen = Array(items.prefix(liked.chosen.count))
            let recommended = Array(items.dropFirst(liked.chosen.count))
            let reasons = Reasons(liked, chosen, description)
            let answer = zip(ranked, recommended).map { ranked, item in
                var record = record(item, at: ranked.item.place, model)
                record["score"] = JSONValue(Double(ranked.score))
                record["because"] = reasons.reason(of: ranked)
                return JSONValue.object(record)
            }
            journal.note(liked: chosen + liked.strangers.map(\.item), answer: recommended)
            return response(.array(answer), model)
        }
    }

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
                return response(
                    .array(found.map { .object(record($0.item, at: $0.index, model)) }), model)
            } catch {
                throw FunctionError(.modelUnavailable, error.message, cause: error)
            }
        }
    }

    /// An item with the members that every record of HarperDB has.
    private func record(
        _ item: CatalogueItem, at index: Int, _ model: RecommenderModel
    ) -> JSONObject {
        let time = JSONValue.integer(
            Int64(model.bundle.manifest.created.timeIntervalSince1970 * 1_000))
        var record = description.record(item)
        record["id"] = JSONValue(index)
        record["__createdtime__"] = time
        record["__updatedtime__"] = time
        return record
    }

    private func response(_ value: JSONValue, _ model: RecommenderModel) -> HTTPResponse {
        var response = HTTPResponse.json(value.encoded())
        response.fields["X-Model-Version"] = "\(model.version)"
        return response
    }

    private func answering(
        _ body: () throws(FunctionError) -> HTTPResponse
    ) throws(HTTPError) -> HTTPResponse {
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
