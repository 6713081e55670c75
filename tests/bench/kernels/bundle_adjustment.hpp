// BundleAdjustment: how far the points of a scene, seen by cameras, are from where they were seen:
// half the sum of squared errors. Arithmetic on a few numbers at a time, gathered from all over the
// inputs; compilers vectorise none of it.
//
// Source: the bundle adjustment of ADBench (Srajer, Kukelova, Fitzgibbon 2018, "A benchmark of
// selected algorithmic differentiation tools"), with the rotation made once a camera.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "numbers.hpp"

namespace tapegrad::bench {

struct BundleAdjustment {
  static constexpr const char* name = "Bundle adjustment, 200 observations";

  BundleAdjustment() : seen_points_(count), seen_u_(count), seen_v_(count) {
    Numbers numbers(7);
    for (std::size_t i = 0; i < count; ++i) {
      seen_points_[i] = 37 * i % points;  // each of them, in no order to speak of
      seen_u_[i] = numbers.between(-1, 1);
      seen_v_[i] = numbers.between(-1, 1);
    }
  }

  // Cameras of 11 numbers: rotation (axis times angle), centre, focal length, principal point,
  // two coefficients of radial distortion. Then points of 3, and the weight of each observation.
  std::vector<double> inputs() const {
    Numbers numbers(8);
    std::vector<double> x;
    for (std::size_t c = 0; c < cameras; ++c) {
      for (int i = 0; i < 6; ++i) x.push_back(numbers.between(-0.5, 0.5));
      x.push_back(numbers.between(0.8, 1.2));
      for (int i = 0; i < 4; ++i) x.push_back(numbers.between(-0.1, 0.1));
    }
    for (std::size_t p = 0; p < points; ++p) {
      x.push_back(numbers.between(-1, 1));
      x.push_back(numbers.between(-1, 1));
      x.push_back(numbers.between(4, 6));
    }
    for (std::size_t i = 0; i < count; ++i) x.push_back(numbers.between(0.5, 1.5));
    return x;
  }

  template <class T> T operator()(std::span<const T> x) const {
    const std::span<const T> weights = x.subspan(first_weight);
    T squares = 0.0;
    for (std::size_t c = 0; c < cameras; ++c) {
      const std::span<const T> camera = x.subspan(c * camera_size, camera_size);
      const std::array<T, 9> r = rotation<T>(camera[0], camera[1], camera[2]);
      for (std::size_t i = c * per_camera; i < (c + 1) * per_camera; ++i) {
        const std::span<const T> point = x.subspan(first_point + 3 * seen_points_[i], 3);
        const T dx = point[0] - camera[3], dy = point[1] - camera[4], dz = point[2] - camera[5];
        const T depth = r[6] * dx + r[7] * dy + r[8] * dz;
        const T px = (r[0] * dx + r[1] * dy + r[2] * dz) / depth;
        const T py = (r[3] * dx + r[4] * dy + r[5] * dz) / depth;
        const T radius = px * px + py * py;  // squared
        const T zoom = camera[6] * (1.0 + radius * (camera[9] + radius * camera[10]));
        const T& weight = weights[i];
        const T u = weight * (px * zoom + camera[7] - seen_u_[i]);
        const T v = weight * (py * zoom + camera[8] - seen_v_[i]);
        const T doubt = 1.0 - weight * weight;  // keeps the weights from vanishing
        squares += u * u + v * v + doubt * doubt;
      }
    }
    return 0.5 * squares;
  }

  double gradient(std::span<const double> x, std::span<double> out) const {
    for (double& adjoint : out) adjoint = 0;
    double squares = 0;
    for (std::size_t c = 0; c < cameras; ++c) squares += camera_gradient(x, c, out);
    return 0.5 * squares;
  }

 private:
  static constexpr std::size_t cameras = 10, points = 60, per_camera = 20;
  static constexpr std::size_t count = cameras * per_camera;  // observations, by cameras
  static constexpr std::size_t camera_size = 11;
  static constexpr std::size_t first_point = cameras * camera_size;
  static constexpr std::size_t first_weight = first_point + 3 * points;

  using Vector = std::array<double, 3>;

  // The matrix, by rows, of the rotation about (x, y, z) by its length (Rodrigues):
  // cos I + sin [w] + (1 - cos) w wᵀ, with w the axis of length one.
  template <class T> static std::array<T, 9> rotation(const T& x, const T& y, const T& z) {
    using std::cos;
    using std::sin;
    using std::sqrt;
    const T squared = x * x + y * y + z * z;
    if (!(squared > 0.0)) return {1.0, -z, y, z, 1.0, -x, -y, x, 1.0};  // its limit
    const T angle = sqrt(squared), inverse = 1.0 / angle;
    const T c = cos(angle), s = sin(angle);
    const T wx = x * inverse, wy = y * inverse, wz = z * inverse;
    const T tx = (1.0 - c) * wx, ty = (1.0 - c) * wy, tz = (1.0 - c) * wz;
    const T sx = s * wx, sy = s * wy, sz = s * wz;
    const T xy = tx * wy, xz = tx * wz, yz = ty * wz;
    return {c + tx * wx, xy - sz, xz + sy, xy + sz,    c + ty * wy,
            yz - sx,     xz - sy, yz + sx, c + tz * wz};
  }

  // Of a camera's observations: y, where the point is as the camera sees it, and the adjoints of y
  // and of what all have in common. In rows, so that all but gather and scatter is vectorised.
  using Row = std::array<double, per_camera>;
  struct Observations {
    std::array<Row, 3> y, by_y;
    Row by_focal, by_u, by_v, by_k1, by_k2, squares;
  };

  // With y = R (point - centre) and g the adjoint of y: a point gets Rᵀg, the centre -Rᵀ Σ g, the
  // rotation Jᵀ Σ y × g.
  double camera_gradient(std::span<const double> x, std::size_t c, std::span<double> out) const {
    const double* camera = &x[c * camera_size];
    const std::array<double, 9> r = rotation<double>(camera[0], camera[1], camera[2]);
    const std::size_t* seen_points = &seen_points_[c * per_camera];
    Observations all;
    for (std::size_t i = 0; i < per_camera; ++i) {
      const double* point = &x[first_point + 3 * seen_points[i]];
      const Vector y =
          rotated(r, {point[0] - camera[3], point[1] - camera[4], point[2] - camera[5]});
      for (std::size_t k = 0; k < 3; ++k) all.y[k][i] = y[k];
    }
    sweep(x, c, all, &out[first_weight + c * per_camera]);
    Vector force{}, torque{};
    std::array<double, 6> sums{};
    for (std::size_t i = 0; i < per_camera; ++i) {
      const Vector y{all.y[0][i], all.y[1][i], all.y[2][i]};
      const Vector g{all.by_y[0][i], all.by_y[1][i], all.by_y[2][i]};
      const Vector turn = cross(y, g), by_point = rotated_back(r, g);
      double* to_point = &out[first_point + 3 * seen_points[i]];
      for (std::size_t k = 0; k < 3; ++k) {
        to_point[k] += by_point[k];
        force[k] += g[k];
        torque[k] += turn[k];
      }
      sums[0] += all.by_focal[i];
      sums[1] += all.by_u[i];
      sums[2] += all.by_v[i];
      sums[3] += all.by_k1[i];
      sums[4] += all.by_k2[i];
      sums[5] += all.squares[i];
    }
    const Vector by_axis = rotation_adjoint(camera, torque), by_centre = rotated_back(r, force);
    double* to_camera = &out[c * camera_size];
    for (std::size_t k = 0; k < 3; ++k) {
      to_camera[k] = by_axis[k];
      to_camera[3 + k] = -by_centre[k];
    }
    for (std::size_t k = 0; k < 5; ++k) to_camera[6 + k] = sums[k];
    return sums[5];
  }

  // From y to the squared errors and back: fills the other rows, and the gradient by the weights.
  void sweep(std::span<const double> x, std::size_t c, Observations& all, double* by_weight) const {
    const std::size_t first = c * per_camera;
    const double* camera = &x[c * camera_size];
    const double focal = camera[6], u0 = camera[7], v0 = camera[8], k1 = camera[9], k2 = camera[10];
    const double *weights = &x[first_weight + first], *seen_u = &seen_u_[first];
    const double* seen_v = &seen_v_[first];
    for (std::size_t i = 0; i < per_camera; ++i) {
      const double per_depth = 1 / all.y[2][i];
      const double px = all.y[0][i] * per_depth, py = all.y[1][i] * per_depth;
      const double radius = px * px + py * py;
      const double distortion = 1 + radius * (k1 + radius * k2), zoom = focal * distortion;
      const double u = px * zoom + u0 - seen_u[i], v = py * zoom + v0 - seen_v[i];
      const double weight = weights[i], weight_squared = weight * weight;
      const double error = u * u + v * v, doubt = 1 - weight_squared;
      all.squares[i] = weight_squared * error + doubt * doubt;

      const double by_u = weight_squared * u, by_v = weight_squared * v;
      const double by_zoom = by_u * px + by_v * py, by_distortion = by_zoom * focal;
      const double twice_by_radius = 2 * by_distortion * (k1 + 2 * radius * k2);
      const double g0 = (by_u * zoom + twice_by_radius * px) * per_depth;
      const double g1 = (by_v * zoom + twice_by_radius * py) * per_depth;
      all.by_y[0][i] = g0;
      all.by_y[1][i] = g1;
      all.by_y[2][i] = -(g0 * px + g1 * py);
      all.by_focal[i] = by_zoom * distortion;
      all.by_u[i] = by_u;
      all.by_v[i] = by_v;
      all.by_k1[i] = by_distortion * radius;
      all.by_k2[i] = by_distortion * radius * radius;
      by_weight[i] = weight * (error - 2 * doubt);
    }
  }

  // Jᵀ torque, where a small change δ of the vector (angle times axis w) rotates by J δ:
  // J = sin/angle I + (1 - sin/angle) w wᵀ + (1 - cos)/angle [w].
  static Vector rotation_adjoint(const double* vector, const Vector& torque) {
    const double squared = vector[0] * vector[0] + vector[1] * vector[1] + vector[2] * vector[2];
    if (!(squared > 0)) return torque;
    const double angle = std::sqrt(squared), s = std::sin(angle) / angle;
    const double c = (1 - std::cos(angle)) / angle;
    const Vector w{vector[0] / angle, vector[1] / angle, vector[2] / angle};
    const Vector turned = cross(w, torque);
    const double along = (1 - s) * (w[0] * torque[0] + w[1] * torque[1] + w[2] * torque[2]);
    Vector result;
    for (std::size_t k = 0; k < 3; ++k) result[k] = s * torque[k] + along * w[k] - c * turned[k];
    return result;
  }

  static Vector rotated(const std::array<double, 9>& r, const Vector& d) {
    return {r[0] * d[0] + r[1] * d[1] + r[2] * d[2], r[3] * d[0] + r[4] * d[1] + r[5] * d[2],
            r[6] * d[0] + r[7] * d[1] + r[8] * d[2]};
  }

  static Vector rotated_back(const std::array<double, 9>& r, const Vector& g) {
    return {r[0] * g[0] + r[3] * g[1] + r[6] * g[2], r[1] * g[0] + r[4] * g[1] + r[7] * g[2],
            r[2] * g[0] + r[5] * g[1] + r[8] * g[2]};
  }

  static Vector cross(const Vector& a, const Vector& b) {
    return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
  }

  // Of each observation: which point, and where in the picture.
  std::vector<std::size_t> seen_points_;
  std::vector<double> seen_u_, seen_v_;
};

}  // namespace tapegrad::bench
