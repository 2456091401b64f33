package buildroot

import (
	"container/heap"
	"context"
	"sync"
)

// slots let a number of actions work at once. Of those that wait the heaviest
// goes first, so that no long one is left for the end; among equals the one
// that came first.
type slots struct {
	mu      sync.Mutex
	free    int
	next    int
	waiting waiters
}

type waiter struct {
	weight int64
	order  int
	turn   chan struct{}
}

func newSlots(n int) *slots { return &slots{free: n} }

func (s *slots) acquire(ctx context.Context, weight int64) error {
	s.mu.Lock()
	if s.free > 0 {
		s.free--
		s.mu.Unlock()
		return ctx.Err()
	}
	w := &waiter{weight: weight, order: s.next, turn: make(chan struct{})}
	s.next++
	heap.Push(&s.waiting, w)
	s.mu.Unlock()
	select {
	case <-w.turn:
		return nil
	case <-ctx.Done():
		s.abandon(w)
		return context.Cause(ctx)
	}
}

// abandon takes w out of the queue, or passes its turn on if it just came.
func (s *slots) abandon(w *waiter) {
	s.mu.Lock()
	for i, other := range s.waiting {
		if other == w {
			heap.Remove(&s.waiting, i)
			s.mu.Unlock()
			return
		}
	}
	s.mu.Unlock()
	s.release()
}

func (s *slots) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.waiting) > 0 {
		close(heap.Pop(&s.waiting).(*waiter).turn)
		return
	}
	s.free++
}

type waiters []*waiter

func (w waiters) Len() int { return len(w) }
func (w waiters) Less(i, j int) bool {
	if w[i].weight != w[j].weight {
		return w[i].weight > w[j].weight
	}
	return w[i].order < w[j].order
}
func (w waiters) Swap(i, j int) { w[i], w[j] = w[j], w[i] }
func (w *waiters) Push(x any)   { *w = append(*w, x.(*waiter)) }
func (w *waiters) Pop() any {
	last := len(*w) - 1
	x := (*w)[last]
	*w = (*w)[:last]
	return x
}
