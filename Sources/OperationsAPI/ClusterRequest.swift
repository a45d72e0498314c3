import Foundation
import HTTPCore
import JSON
import TableStorage

/// What a request says about another node, in the words of one of HarperDB's three generations.
struct ClusterRequest {
    /// How nodes are named, which decides what is required and how an answer sounds.
    enum Generation {
        /// 3.x: `name`, `host`, `port`, channels.
        case links
        /// 4.0 to 4.3: `node_name`.
        case manifest
        /// 4.4 and later: `hostname` or `url`.
        case replication
    }

    let generation: Generation
    let node: ClusterNode

    private static let nameCharactersMax = 250
    private static let schemes: Set = ["http", "https", "ws", "wss"]

    /// - Parameter adding: Whether a subscription must ask for something.
    /// - Throws: 400 that names the member at fault.
    init(_ body: JSONObject, adding: Bool, ownName: String) throws(HTTPError) {
        try self.init(naming: body)
        var node = node
        guard node.name != ownName else {
            throw HTTPError(.badRequest, "'node_name' cannot be this nodes name")
        }
        if generation == .links {
            node.host = try Self.optionalText("host", in: body)
            node.port = try Self.port(body["port"], "port")
        }
        node.subscriptions = try Self.subscriptions(body, generation, adding: adding)
        self.init(generation: generation, node: node)
    }

    private init(generation: Generation, node: ClusterNode) {
        self.generation = generation
        self.node = node
    }

    /// Only what names the node, as `remove_node` has it.
    init(naming body: JSONObject) throws(HTTPError) {
        if let name = try Self.optionalText("node_name", in: body) {
            guard !name.contains(where: { ".*> ".contains($0) }) else {
                throw HTTPError(.badRequest, "'node_name' invalid, must not contain ., * or >")
            }
            self.init(generation: .manifest, node: ClusterNode(name: name))
            return
        }
        let (hostname, url) = (
            try Self.optionalText("hostname", in: body), try Self.optionalText("url", in: body)
        )
        if hostname != nil || url != nil {
            let host = try url.map { url throws(HTTPError) in try Self.host(of: url) }
            let name = hostname ?? host ?? ""
            self.init(generation: .replication, node: ClusterNode(name: name, url: url))
            return
        }
        guard let name = try Self.optionalText("name", in: body) else {
            throw HTTPError(.badRequest, "'node_name' is required")
        }
        self.init(generation: .links, node: ClusterNode(name: name))
    }

    private static func host(of url: String) throws(HTTPError) -> String {
        guard let parsed = URLComponents(string: url), let scheme = parsed.scheme,
            schemes.contains(scheme.lowercased()), let host = parsed.host, !host.isEmpty
        else { throw HTTPError(.badRequest, "'url' must be an address such as wss://node:9933") }
        // A login in an address would be kept where it can be read.
        guard parsed.user == nil, parsed.password == nil else {
            throw HTTPError(.badRequest, "'url' must not hold a login")
        }
        return host
    }

    /// Absent, null and empty are the same: old clients send every member they know.
    private static func optionalText(
        _ name: String, in body: JSONObject
    ) throws(HTTPError) -> String? {
        guard let value = body[name], value != .null, value != "" else { return nil }
        return try text(value, name)
    }

    private static func text(_ value: JSONValue?, _ name: String) throws(HTTPError) -> String {
        guard let value, value != .null else {
            throw HTTPError(.badRequest, "'\(name)' is required")
        }
        guard let text = value.stringValue else {
            throw HTTPError(.badRequest, "'\(name)' must be a string")
        }
        guard !text.isEmpty, text.count <= nameCharactersMax,
            text.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control })
        else {
            throw HTTPError(
                .badRequest,
                "'\(name)' must have 1 to \(nameCharactersMax) characters, none of them control "
                    + "characters")
        }
        return text
    }

    /// A port as a number or as its digits; 0 stands for none.
    private static func port(_ value: JSONValue?, _ name: String) throws(HTTPError) -> Int? {
        guard let value, value != .null, value != "" else { return nil }
        let number = value.integerValue ?? value.stringValue.flatMap { Int($0) }
        guard let number, (0...Int(UInt16.max)).contains(number) else {
            throw HTTPError(.badRequest, "'\(name)' must be a number from 1 to \(UInt16.max)")
        }
        return number == 0 ? nil : number
    }
}

// MARK: Subscriptions

extension ClusterRequest {
    private static func subscriptions(
        _ body: JSONObject, _ generation: Generation, adding: Bool
    ) throws(HTTPError) -> [ClusterSubscription] {
        guard let value = body["subscriptions"], value != .null else {
            guard generation != .manifest else {
                throw HTTPError(.badRequest, "'subscriptions' is required")
            }
            return []
        }
        guard let list = value.arrayValue else {
            throw HTTPError(.badRequest, "'subscriptions' must be an array")
        }
        guard generation != .manifest || !list.isEmpty else {
            throw HTTPError(.badRequest, "'subscriptions' must contain at least 1 items")
        }
        var subscriptions: [ClusterSubscription] = []
        for (index, element) in list.enumerated() {
            let name = "subscriptions[\(index)]"
            let subscription = try subscription(element, name, generation)
            guard !adding || subscription.publishes || subscription.subscribes else {
                throw HTTPError(
                    .badRequest,
                    "'\(name)' subscribe and/or publish must be set to true when adding a node")
            }
            subscriptions.append(subscription)
        }
        return subscriptions
    }

    private static func subscription(
        _ value: JSONValue, _ name: String, _ generation: Generation
    ) throws(HTTPError) -> ClusterSubscription {
        guard let object = value.objectValue else {
            throw HTTPError(.badRequest, "'\(name)' must be an object")
        }
        let (database, table) = try place(object, name, generation)
        // 4.4 takes what is not said as wanted.
        let byDefault = generation == .replication ? true : nil
        return ClusterSubscription(
            database: database, table: table,
            publishes: try flag(object["publish"], "\(name).publish", byDefault),
            subscribes: try flag(object["subscribe"], "\(name).subscribe", byDefault))
    }

    private static func place(
        _ object: JSONObject, _ name: String, _ generation: Generation
    ) throws(HTTPError) -> (database: String, table: String?) {
        if generation == .links, object["channel"] != nil {
            let channel = try text(object["channel"], "\(name).channel")
            let parts = channel.split(separator: ":", maxSplits: 1).map(String.init)
            guard parts.count == 2 else {
                throw HTTPError(.badRequest, "'\(name).channel' must be 'schema:table'")
            }
            return (parts[0], parts[1])
        }
        let database = try text(object["schema"] ?? object["database"], "\(name).schema")
        if generation == .replication, object["table"] == nil { return (database, nil) }
        return (database, try text(object["table"], "\(name).table"))
    }

    private static func flag(
        _ value: JSONValue?, _ name: String, _ byDefault: Bool?
    ) throws(HTTPError) -> Bool {
        guard let value, value != .null else {
            guard let byDefault else { throw HTTPError(.badRequest, "'\(name)' is required") }
            return byDefault
        }
        guard let flag = value.boolValue else {
            throw HTTPError(.badRequest, "'\(name)' must be a boolean")
        }
        return flag
    }
}

// MARK: Routes

extension ClusterRequest {
    static func routes(_ body: JSONObject) throws(HTTPError) -> [ClusterRoute] {
        guard let value = body["routes"], value != .null else {
            throw HTTPError(.badRequest, "'routes' is required")
        }
        guard let list = value.arrayValue else {
            throw HTTPError(.badRequest, "'routes' must be an array")
        }
        var routes: [ClusterRoute] = []
        for (index, route) in list.enumerated() {
            let name = "routes[\(index)]"
            guard let object = route.objectValue else {
                throw HTTPError(.badRequest, "'\(name)' must be an object")
            }
            guard let port = try port(object["port"], "\(name).port") else {
                throw HTTPError(.badRequest, "'\(name).port' is required")
            }
            routes.append(
                ClusterRoute(host: try text(object["host"], "\(name).host"), port: port))
        }
        return routes
    }

    static func server(_ body: JSONObject) throws(HTTPError) -> ClusterRoute.Server {
        guard let value = body["server"], value != .null else {
            throw HTTPError(.badRequest, "'server' is required")
        }
        guard let server = value.stringValue.flatMap(ClusterRoute.Server.init(rawValue:)) else {
            throw HTTPError(.badRequest, "'server' must be one of [hub, leaf]")
        }
        return server
    }
}
