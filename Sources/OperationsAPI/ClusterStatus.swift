import Foundation
import JSON
import TableStorage

/// The answer of `cluster_status`: the members of 3.x, 4.0 and 4.4 side by side, none of which
/// claims a link that is not there.
struct ClusterStatus {
    let facts: NodeFacts
    let followed: [NodeFacts.FollowedChannel]
    let nodes: [ClusterNode]

    var answer: JSONValue {
        [
            "type": "cluster-status", "node_name": .string(facts.nodeName),
            "is_enabled": .bool(facts.isTrainer || !followed.isEmpty),
            "status": [
                "id": .string(facts.nodeName), "type": facts.isTrainer ? "trainer" : "node",
                "outbound_connections": .array(
                    followed.map(outboundTrainer) + nodes.map(outboundNote)),
                "inbound_connections": [],
            ],
            "connections": .array(followed.map(trainer) + nodes.map(note)),
        ]
    }

    private static func state(_ isOpen: Bool) -> JSONValue { isOpen ? "open" : "closed" }

    /// Models flow from the trainer to here, and nothing flows back.
    private static func subscriptions(_ channel: NodeFacts.FollowedChannel) -> JSONValue {
        [["channel": .string(channel.channel), "publish": false, "subscribe": true]]
    }

    private static func subscriptions(_ node: ClusterNode) -> JSONValue {
        .array(node.subscriptions.map { .object($0.document) })
    }
}

// MARK: 4.x

extension ClusterStatus {
    private func trainer(_ channel: NodeFacts.FollowedChannel) -> JSONValue {
        let address = URLComponents(string: channel.url)
        let name = JSONValue.string(address?.host ?? channel.url)
        return [
            "node_name": name, "name": name, "url": .string(channel.url), "role": "trainer",
            "status": Self.state(channel.isOpen),
            "latency_ms": channel.latencyMilliseconds.map { JSONValue($0) } ?? .null,
            "last_contact": channel.lastContact.map { .string($0.scriptText) } ?? .null,
            "model_version": channel.modelVersion.map { JSONValue($0) } ?? .null,
            "ports": ["clustering": address?.port.map { JSONValue($0) } ?? .null],
            "subscriptions": Self.subscriptions(channel), "replicates": false,
            "database_sockets": [],
        ]
    }

    private func note(_ node: ClusterNode) -> JSONValue {
        [
            "node_name": .string(node.name), "name": .string(node.name),
            "url": node.url.map(JSONValue.string) ?? .null, "role": "noted",
            "status": Self.state(false), "latency_ms": .null, "last_contact": .null,
            "ports": ["clustering": node.port.map { JSONValue($0) } ?? .null],
            "subscriptions": Self.subscriptions(node), "replicates": false,
            "database_sockets": [],
        ]
    }
}

// MARK: 3.x

extension ClusterStatus {
    private func outboundTrainer(_ channel: NodeFacts.FollowedChannel) -> JSONValue {
        let address = URLComponents(string: channel.url)
        return [
            "id": .string(channel.channel), "host_address": .string(address?.host ?? channel.url),
            "host_port": address?.port.map { JSONValue($0) } ?? .null,
            "state": Self.state(channel.isOpen),
            "node_name": .string(address?.host ?? channel.url),
            "subscriptions": Self.subscriptions(channel),
        ]
    }

    private func outboundNote(_ node: ClusterNode) -> JSONValue {
        [
            "id": .string(node.name), "host_address": node.host.map(JSONValue.string) ?? .null,
            "host_port": node.port.map { JSONValue($0) } ?? .null, "state": Self.state(false),
            "node_name": .string(node.name), "subscriptions": Self.subscriptions(node),
        ]
    }
}
