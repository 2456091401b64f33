package solve

import "math/bits"

// sortByScore sorts names by falling score, and leaves equal ones in exactly the
// order in which the C++ library that apt is built with leaves them: an introsort
// whose pivot is the median of the second, the middle and the last element, and
// an insertion sort once the parts are small. Which of two packages of equal
// score apt looks at first hangs on it.
func sortByScore(names []uint32, score []int) {
	q := quick{names, func(a, b uint32) bool { return score[a] > score[b] }}
	if n := len(names); n > 1 {
		q.loop(0, n, 2*(bits.Len(uint(n))-1))
		q.insertion()
	}
}

// small parts are left to the insertion sort.
const small = 16

type quick struct {
	a    []uint32
	less func(a, b uint32) bool
}

// loop partitions a[first:last] until parts are small. A part that goes too deep
// is sorted as a heap.
func (q quick) loop(first, last, depth int) {
	for last-first > small {
		if depth == 0 {
			q.heap(first, last)
			return
		}
		depth--
		q.median(first, first+1, first+(last-first)/2, last-1)
		cut := q.partition(first+1, last, q.a[first])
		q.loop(cut, last, depth)
		last = cut
	}
}

// median swaps the median of three elements to the front.
func (q quick) median(to, x, y, z int) {
	less := func(i, j int) bool { return q.less(q.a[i], q.a[j]) }
	m := x
	switch {
	case less(x, y) && less(y, z):
		m = y
	case less(x, y) && less(x, z):
		m = z
	case less(x, y), less(x, z):
	case less(y, z):
		m = z
	default:
		m = y
	}
	q.a[to], q.a[m] = q.a[m], q.a[to]
}

// partition moves what is less than the pivot to the front. The pivot's rank
// stops both scans, so they need no bounds.
func (q quick) partition(first, last int, pivot uint32) int {
	for {
		for q.less(q.a[first], pivot) {
			first++
		}
		last--
		for q.less(pivot, q.a[last]) {
			last--
		}
		if first >= last {
			return first
		}
		q.a[first], q.a[last] = q.a[last], q.a[first]
		first++
	}
}

// insertion sorts what is nearly sorted; equal elements stay as they are.
func (q quick) insertion() {
	for i, v := range q.a {
		j := i
		for j > 0 && q.less(v, q.a[j-1]) {
			q.a[j] = q.a[j-1]
			j--
		}
		q.a[j] = v
	}
}

// heap sorts a[first:last] as a heap.
func (q quick) heap(first, last int) {
	a := q.a[first:last]
	for i := (len(a) - 2) / 2; i >= 0; i-- {
		q.sift(a, i, a[i])
	}
	for n := len(a) - 1; n > 0; n-- {
		v := a[n]
		a[n] = a[0]
		q.sift(a[:n], 0, v)
	}
}

// sift lets the hole at i sink to the bottom and v rise from there.
func (q quick) sift(a []uint32, i int, v uint32) {
	top := i
	for 2*i+2 < len(a) {
		child := 2*i + 2
		if q.less(a[child], a[child-1]) {
			child--
		}
		a[i], i = a[child], child
	}
	if 2*i+2 == len(a) {
		a[i], i = a[2*i+1], 2*i+1
	}
	for i > top && q.less(a[(i-1)/2], v) {
		a[i], i = a[(i-1)/2], (i-1)/2
	}
	a[i] = v
}
