import ClusterUpdater
import FunctionRuntime
import OperationsAPI

/// What the operations API tells of the parts that it does not know.
extension NodeParts {
    static func facts(
        _ configuration: NodeConfiguration, _ registry: FunctionRegistry,
        _ updaters: [ModelUpdater]
    ) -> NodeFacts {
        NodeFacts(
            nodeName: configuration.name, isTrainer: configuration.isTrainer,
            functionsPort: configuration.functionsPort,
            functions: { registry.functions.map(compiled) },
            followed: {
                updaters.map { channel($0, of: configuration.following?.url ?? "") }
            })
    }

    private static func compiled(_ function: any CustomFunction) -> NodeFacts.CompiledFunction {
        NodeFacts.CompiledFunction(
            name: function.name,
            routes: function.routes.map { "\($0.method.rawValue) \($0.pattern)" })
    }

    private static func channel(
        _ updater: ModelUpdater, of url: String
    ) -> NodeFacts.FollowedChannel {
        let status = updater.status
        return NodeFacts.FollowedChannel(
            url: url, channel: updater.configuration.channel, isOpen: status.isInContact,
            latencyMilliseconds: status.latencyMilliseconds, lastContact: status.lastContact,
            modelVersion: status.current.map { Int(clamping: $0.version) })
    }
}
