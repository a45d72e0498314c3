import CKernels
import Foundation

/// How weights follow their gradients.
///
/// | Kind | Change of a weight w for its gradient g | Source |
/// |---|---|---|
/// | `sgd` | w -= rate g | |
/// | `adagrad` | a += g^2, w -= rate g / (sqrt(a) + epsilon) | Duchi, Hazan, Singer 2011 |
/// | `adam` | m, v: fading means of g, g^2; w -= rate' m / (sqrt(v) + epsilon) | Kingma, Ba 2015 |
///
/// Adam's rate' at step t is rate sqrt(1 - beta2^t) / (1 - beta1^t), as in the paper's section 2
/// and in Keras. Rows of an embedding that a batch does not touch have the gradient 0 there, so
/// their moments fade and they glide on; so it is here, but the steps that a row has missed are
/// made up for in one when it is touched again (`rating_kernels.h` has the sum). Beside Keras the
/// only difference is that `epsilon` is not decayed with the moments: it would matter where
/// sqrt(v) is as small as epsilon.
package struct LearningRule: Sendable, Hashable {
    package enum Kind: String, Sendable, CaseIterable {
        case sgd, adagrad, adam
    }

    package var kind: Kind
    package var beta1 = 0.9
    package var beta2 = 0.999
    package var epsilon = 1e-7
    /// Where Adagrad's sums begin (Keras has the same).
    package var accumulatorStart: Float = 0.1

    package init(_ kind: Kind) { self.kind = kind }

    /// What one missed step leaves of a quotient of the moments.
    var fading: Double { beta1 / beta2.squareRoot() }

    /// Whether missed steps sum up to something finite.
    package var isSound: Bool { kind != .adam || fading < 1 }
}

/// The learning rates of one epoch, and what missed steps amount to.
package struct StepSchedule: Sendable {
    package let stepCount: Int
    private let rule: LearningRule
    private var rates: [Float]
    private var reach: [Float]
    private let first: [Float]
    private let direction: [Float]
    private let second: [Float]

    /// What a moment has faded to when it is taken for nothing.
    private static let nothing = 1e-12

    /// - Precondition: the rule is sound and there is at least one step.
    package init(rule: LearningRule, stepCount: Int) {
        precondition(rule.isSound && stepCount > 0, "an epoch has steps and moments that fade")
        self.rule = rule
        self.stepCount = stepCount
        rates = [Float](repeating: 0, count: stepCount + 1)
        reach = rates
        let slowest = max(rule.beta1, rule.fading)
        let faded = slowest > 0 ? log(Self.nothing) / log(slowest) : 1
        let short = min(stepCount, Int(min(faded, Double(stepCount)).rounded(.up)))
        first = Self.powers(of: rule.beta1, to: short, isCut: short < stepCount)
        direction = Self.powers(of: rule.fading, to: short, isCut: short < stepCount)
        second = Self.powers(of: rule.beta2, to: stepCount, isCut: false)
    }

    private static func powers(of factor: Double, to last: Int, isCut: Bool) -> [Float] {
        (0...last).map { isCut && $0 == last ? 0 : Float(pow(factor, Double($0))) }
    }

    /// Tabulates an epoch.
    ///
    /// - Parameters:
    ///   - rate: The learning rate of its steps.
    ///   - stepsBefore: How many steps came before it; Adam's rates depend on it.
    package mutating func begin(rate: Double, stepsBefore: Int) {
        for step in 1...stepCount {
            let t = Double(stepsBefore + step)
            let correction =
                rule.kind == .adam
                ? (1 - pow(rule.beta2, t)).squareRoot() / (1 - pow(rule.beta1, t)) : 1
            rates[step] = Float(rate * correction)
        }
        var sum = 0.0
        reach[stepCount] = 0
        for step in stride(from: stepCount - 1, through: 0, by: -1) {
            sum = rule.fading * (Double(rates[step + 1]) + sum)
            reach[step] = Float(sum)
        }
    }

    func withTable<Result>(_ body: (UnsafePointer<rating_schedule>) -> Result) -> Result {
        rates.withUnsafeBufferPointer { rates in
            reach.withUnsafeBufferPointer { reach in
                first.withUnsafeBufferPointer { first in
                    direction.withUnsafeBufferPointer { direction in
                        second.withUnsafeBufferPointer { second in
                            let table = rating_schedule(
                                kind: rule.kind.code, beta1: Float(rule.beta1),
                                beta2: Float(rule.beta2), epsilon: Float(rule.epsilon),
                                rates: rates.baseAddress, reach: reach.baseAddress,
                                first: first.baseAddress, direction: direction.baseAddress,
                                second: second.baseAddress,
                                short_count: Int32(direction.count - 1))
                            return withUnsafePointer(to: table, body)
                        }
                    }
                }
            }
        }
    }
}

extension LearningRule.Kind {
    fileprivate var code: rating_optimiser {
        switch self {
        case .sgd: RATING_SGD
        case .adagrad: RATING_ADAGRAD
        case .adam: RATING_ADAM
        }
    }
}
