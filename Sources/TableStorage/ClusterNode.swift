import JSON

/// A node that a client has named with `add_node`, in any of HarperDB's three generations.
///
/// It is a note, not a link: nothing is sent to the node and nothing comes from it.
package struct ClusterNode: Sendable, Hashable {
    package var name: String
    /// 3.x: where the node's cluster server listens.
    package var host: String?
    package var port: Int?
    /// 4.4 and later.
    package var url: String?
    package var subscriptions: [ClusterSubscription]

    package init(
        name: String, host: String? = nil, port: Int? = nil, url: String? = nil,
        subscriptions: [ClusterSubscription] = []
    ) {
        self.name = name
        self.host = host
        self.port = port
        self.url = url
        self.subscriptions = subscriptions
    }

    init(_ document: JSONObject) {
        self.init(
            name: document["name"]?.stringValue ?? "", host: document["host"]?.stringValue,
            port: document["port"]?.integerValue, url: document["url"]?.stringValue,
            subscriptions: (document["subscriptions"]?.arrayValue ?? []).compactMap {
                $0.objectValue.map(ClusterSubscription.init)
            })
    }

    var document: JSONObject {
        [
            "name": .string(name), "host": host.map(JSONValue.string) ?? .null,
            "port": port.map { JSONValue($0) } ?? .null,
            "url": url.map(JSONValue.string) ?? .null,
            "subscriptions": .array(subscriptions.map { .object($0.document) }),
        ]
    }
}

/// What a client wants to flow between two nodes.
package struct ClusterSubscription: Sendable, Hashable {
    package var database: String
    /// Nil stands for the whole database, as 4.4 and later allow.
    package var table: String?
    package var publishes: Bool
    package var subscribes: Bool

    package init(database: String, table: String?, publishes: Bool, subscribes: Bool) {
        self.database = database
        self.table = table
        self.publishes = publishes
        self.subscribes = subscribes
    }

    init(_ document: JSONObject) {
        self.init(
            database: document["schema"]?.stringValue ?? "",
            table: document["table"]?.stringValue,
            publishes: document["publish"]?.boolValue ?? false,
            subscribes: document["subscribe"]?.boolValue ?? false)
    }

    /// The members that 4.x clients read; 3.x has the first two as one `channel`.
    package var document: JSONObject {
        var document: JSONObject = ["schema": .string(database), "database": .string(database)]
        if let table {
            document["table"] = .string(table)
            document["channel"] = .string("\(database):\(table)")
        }
        document["publish"] = .bool(publishes)
        document["subscribe"] = .bool(subscribes)
        return document
    }
}

/// A way to another node's cluster server (4.0 to 4.3).
package struct ClusterRoute: Sendable, Hashable {
    /// Which of the two servers of a HarperDB node the route belongs to.
    package enum Server: String, Sendable, CaseIterable {
        case hub, leaf
    }

    package var host: String
    package var port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    init?(_ document: JSONValue) {
        guard let host = document["host"]?.stringValue, let port = document["port"]?.integerValue
        else { return nil }
        self.init(host: host, port: port)
    }

    package var document: JSONValue { ["host": .string(host), "port": JSONValue(port)] }
}
