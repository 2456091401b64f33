package diag

import "strings"

// Nearest returns the candidate that word was most likely meant to be, or ""
// if none is near: at most a third of its letters differ, a swap of two
// neighbours counting as one, or it is the same but for case, `-` and `_`.
// Of equally near candidates the first one wins.
func Nearest(word string, candidates []string) string {
	best, bestDistance := "", 0
	for _, c := range candidates {
		if fold(c) == fold(word) {
			return c
		}
		limit := max(1, max(len(word), len(c))/3)
		d := distance(word, c, limit)
		if d <= limit && (best == "" || d < bestDistance) {
			best, bestDistance = c, d
		}
	}
	return best
}

// Slip returns the candidate that word was mistyped for, or "": one that differs
// in a letter or two, a swap of two neighbours counting as one, or in case, `-`
// and `_`. It is stricter than [Nearest], for words that may be meant: names
// that differ in their numbers are two names.
func Slip(word string, candidates []string) string {
	limit := 1
	if len(word) > 5 {
		limit = 2
	}
	best := ""
	for _, c := range candidates {
		if c == word {
			return ""
		}
		if fold(c) == fold(word) {
			best, limit = c, -1
		}
		if d := distance(word, c, max(limit, 0)); len(c) > 3 && d <= limit && digits(c) == digits(word) {
			best, limit = c, d-1
		}
	}
	return best
}

// digits returns the digits of s.
func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// fold takes away what people mix up when they remember a key.
func fold(s string) string {
	return strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(s))
}

// distance is the optimal string alignment distance of a and b: insertions,
// deletions, replacements and swaps of neighbours that turn one into the other.
// It may stop at limit+1.
func distance(a, b string, limit int) int {
	if d := len(a) - len(b); d > limit || -d > limit {
		return limit + 1
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
