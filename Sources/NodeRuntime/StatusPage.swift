import ClusterFeed
import ClusterPublisher
import ClusterUpdater
import Foundation
import FunctionRuntime
import HTTPCore
import JSON
import Telemetry

/// `GET /status`: what an operator wants to know of a node, as JSON.
struct StatusPage: Sendable {
    let configuration: NodeConfiguration
    let updaters: [ModelUpdater]
    let trainer: TrainerDirectory?
    let models: [ModelBinding]
    let metrics: Metrics
    let started: Date
    let now: @Sendable () -> Date

    static let version = "0.1.0"

    var route: HTTPRoute {
        HTTPRoute(
            .get, "/status", .waiting { _ throws(HTTPError) in .json(status.encodedForReading()) })
    }

    /// HarperDB has this on the operations port; load balancers ask both.
    var healthRoute: HTTPRoute {
        HTTPRoute(
            .get, "/health",
            .immediate { _ throws(HTTPError) in .text("HarperDB is running.") })
    }

    private var status: JSONValue {
        var status: JSONObject = [
            "node": .string(configuration.name), "version": .string(Self.version),
            "role": configuration.isTrainer ? "trainer" : "node",
            "uptime_seconds": JSONValue(Int(now().timeIntervalSince(started))),
            "models": .array(models.map(model)),
        ]
        if let trainer { status["channels"] = .array(trainer.channels.map { .string($0) }) }
        status["counters"] = .object(
            JSONObject(metrics.snapshot().map { ($0.name, JSONValue($0.value)) }))
        return .object(status)
    }

    private func model(_ binding: ModelBinding) -> JSONValue {
        var model: JSONObject = ["model": .string(binding.modelName)]
        if let serving = binding.serving() {
            model["serving"] = [
                "version": JSONValue(serving.version), "manifest": .string(serving.digest),
            ]
        } else {
            model["serving"] = .null
        }
        let updater = updaters.first { $0.configuration.channel == binding.modelName }
        if let updater { model["feed"] = feed(updater.status) }
        return .object(model)
    }

    private func feed(_ status: UpdaterStatus) -> JSONValue {
        var feed: JSONObject = [
            "url": .string(configuration.following?.url ?? ""),
            "step": .string(status.step.rawValue),
            "version": status.current.map { JSONValue(Int(clamping: $0.version)) } ?? .null,
            "epoch": status.position.map { JSONValue(Int(clamping: $0.epoch)) } ?? .null,
            "seq": status.position.map { JSONValue(Int(clamping: $0.seq)) } ?? .null,
            "age_seconds": status.lastContact.map {
                JSONValue(Int(now().timeIntervalSince($0)))
            } ?? .null,
            "bytes_fetched": JSONValue(status.bytesFetched), "pulls": JSONValue(status.pulls),
        ]
        if let last = status.lastFailure {
            feed["last_failure"] = [
                "code": .string(last.failure.code), "reason": .string(last.failure.message),
                "time": .string(last.time.formatted(.iso8601)),
            ]
        } else {
            feed["last_failure"] = .null
        }
        return .object(feed)
    }
}
