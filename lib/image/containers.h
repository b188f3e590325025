// What the containers of WebP, TIFF, GIF and HEIF say without their libraries: how they begin, how large the image is, and
// where it ends in a stream.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace sr3 {

bool begins_as_webp(std::span<const uint8_t> head);
bool begins_as_tiff(std::span<const uint8_t> head);  // BigTIFF, too
bool begins_as_gif(std::span<const uint8_t> head);
bool begins_as_heif(std::span<const uint8_t> head);  // of HEIC and AVIF, not of films

// Width and height: of the canvas of WebP and GIF, and of the first image of a TIFF. Nothing if `head` ends before them.
std::optional<std::pair<int64_t, int64_t>> size_of_webp(std::span<const uint8_t> head);
std::optional<std::pair<int64_t, int64_t>> size_of_tiff(std::span<const uint8_t> head);
std::optional<std::pair<int64_t, int64_t>> size_of_gif(std::span<const uint8_t> head);

// The next four return the position after the image with which the bytes begin. fill(n) returns the bytes, and before that
// reads more until there are n, if there are as many. DataError for damage, and when the bytes end before the image: "cannot
// read 'x': truncated at byte N".
using Fill = std::function<std::span<const uint8_t>(size_t n)>;
size_t end_of_webp(const Fill& fill, const std::string& origin);
size_t end_of_gif(const Fill& fill, const std::string& origin);
// The image ends before what is no box of it: the next image, or the end of the bytes.
size_t end_of_heif(const Fill& fill, const std::string& origin);
// A TIFF has no end of its own: it is behind the last of its parts, which may be anywhere. Damaged directories, or parts whose
// size is not given, are no error, as libtiff may read them: the image then has all bytes there are.
size_t end_of_tiff(const Fill& fill, const std::string& origin);

}  // namespace sr3
