// LotkaVolterra: an ordinary differential equation, solved with few numbers and many steps.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

namespace tapegrad::bench {

// prey' = prey (birth - predation · predators), predators' = predators (growth · prey - death), by
// the classic method of Runge and Kutta. Inputs: prey and predators at the start, birth, predation,
// growth, death; value: the squared distance of where they end from a target.
struct LotkaVolterra {
  static constexpr const char* name = "Lotka-Volterra, 1000 Runge-Kutta steps";
  static constexpr std::size_t steps = 1000;
  static constexpr double h = 0.01;
  static constexpr double target_prey = 2.0, target_predators = 1.0;

  std::vector<double> inputs() const { return {1.0, 1.2, 1.5, 1.0, 0.9, 2.5}; }

  template <class T> struct Pair { T prey, predators; };

  template <class T> T operator()(std::span<const T> x) const {
    T prey = x[0], predators = x[1];
    for (std::size_t step = 0; step < steps; ++step) {
      const Pair<T> k1 = slope<T>(prey, predators, x);
      const Pair<T> k2 = slope<T>(prey + h / 2 * k1.prey, predators + h / 2 * k1.predators, x);
      const Pair<T> k3 = slope<T>(prey + h / 2 * k2.prey, predators + h / 2 * k2.predators, x);
      const Pair<T> k4 = slope<T>(prey + h * k3.prey, predators + h * k3.predators, x);
      prey += h / 6 * (k1.prey + 2.0 * (k2.prey + k3.prey) + k4.prey);
      predators += h / 6 * (k1.predators + 2.0 * (k2.predators + k3.predators) + k4.predators);
    }
    const T off_prey = prey - target_prey, off_predators = predators - target_predators;
    return off_prey * off_prey + off_predators * off_predators;
  }

  // Forward, each step keeps the four points p1..p4 at which it takes a slope. Backward, from the
  // adjoint s of its result: by_k4 = h/6 s, by_p4 = Jᵀ by_k4, by_k3 = h/3 s + h by_p4, and so on;
  // the adjoint of its start is s + by_p1 + by_p2 + by_p3 + by_p4.
  double gradient(std::span<const double> x, std::span<double> out) const {
    std::vector<Points> taken(steps);
    Point s{x[0], x[1]};
    for (Points& p : taken) {
      p[0] = s;
      const Point k1 = slope(s.prey, s.predators, x);
      p[1] = moved(s, h / 2, k1);
      const Point k2 = slope(p[1].prey, p[1].predators, x);
      p[2] = moved(s, h / 2, k2);
      const Point k3 = slope(p[2].prey, p[2].predators, x);
      p[3] = moved(s, h, k3);
      const Point k4 = slope(p[3].prey, p[3].predators, x);
      s.prey += h / 6 * (k1.prey + 2 * (k2.prey + k3.prey) + k4.prey);
      s.predators += h / 6 * (k1.predators + 2 * (k2.predators + k3.predators) + k4.predators);
    }
    const Point off{s.prey - target_prey, s.predators - target_predators};

    Rates by_rates{};
    Point by_s{2 * off.prey, 2 * off.predators};
    for (std::size_t step = steps; step-- > 0;) {
      const Points& p = taken[step];
      const Point weighted{h / 3 * by_s.prey, h / 3 * by_s.predators};
      const Point by_k4{weighted.prey / 2, weighted.predators / 2};
      const Point by_p4 = pull_back(by_k4, p[3], x, by_rates);
      const Point by_p3 = pull_back(moved(weighted, h, by_p4), p[2], x, by_rates);
      const Point by_p2 = pull_back(moved(weighted, h / 2, by_p3), p[1], x, by_rates);
      const Point by_p1 = pull_back(moved(by_k4, h / 2, by_p2), p[0], x, by_rates);
      by_s.prey += by_p4.prey + by_p3.prey + by_p2.prey + by_p1.prey;
      by_s.predators += by_p4.predators + by_p3.predators + by_p2.predators + by_p1.predators;
    }
    out[0] = by_s.prey;
    out[1] = by_s.predators;
    out[2] = by_rates.birth;
    out[3] = by_rates.predation;
    out[4] = by_rates.growth;
    out[5] = by_rates.death;
    return off.prey * off.prey + off.predators * off.predators;
  }

 private:
  using Point = Pair<double>;
  using Points = std::array<Point, 4>;
  struct Rates {
    double birth, predation, growth, death;
  };

  template <class T> static Pair<T> slope(const T& prey, const T& predators, std::span<const T> x) {
    return {prey * (x[2] - x[3] * predators), predators * (x[4] * prey - x[5])};
  }

  static Point moved(Point from, double by, Point along) {
    return {from.prey + by * along.prey, from.predators + by * along.predators};
  }

  // From k, the adjoint of the slope taken at p, to that of p, and to those of the rates.
  static Point pull_back(Point k, Point p, std::span<const double> x, Rates& by_rates) {
    const double born = k.prey * p.prey, fed = k.predators * p.predators;
    by_rates.birth += born;
    by_rates.predation -= born * p.predators;
    by_rates.growth += fed * p.prey;
    by_rates.death -= fed;
    // Few operations wait for k: the adjoints are one long chain.
    return {k.prey * (x[2] - x[3] * p.predators) + k.predators * (x[4] * p.predators),
            k.predators * (x[4] * p.prey - x[5]) - k.prey * (x[3] * p.prey)};
  }
};

}  // namespace tapegrad::bench
