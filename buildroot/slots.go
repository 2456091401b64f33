package buildroot

import (
	"container/heap"
	"context"
	"sync"
	"time"
)

// slots let a number of actions work at once, as long as they need no more
// memory together than there is. Of those that wait the most urgent goes first,
// and what does not fit yet is not overtaken, so that it gets its turn; among
// equals the one that came first. One alone always fits.
type slots struct {
	mu      sync.Mutex
	free    int
	memory  int64 // that is left
	busy    int
	closed  bool
	next    int
	waiting waiters
}

type waiter struct {
	urgency time.Duration
	memory  int64
	order   int
	turn    chan struct{}
}

func newSlots(n int, memory int64) *slots { return &slots{free: n, memory: memory} }

func (s *slots) acquire(ctx context.Context, urgency time.Duration, memory int64) error {
	s.mu.Lock()
	w := &waiter{urgency: urgency, memory: memory, order: s.next, turn: make(chan struct{})}
	s.next++
	heap.Push(&s.waiting, w)
	s.grant()
	s.mu.Unlock()
	select {
	case <-w.turn:
		return context.Cause(ctx)
	case <-ctx.Done():
		s.abandon(w)
		return context.Cause(ctx)
	}
}

// grant lets as many begin as there is room for.
func (s *slots) grant() {
	for !s.closed && len(s.waiting) > 0 && s.free > 0 && (s.busy == 0 || s.waiting[0].memory <= s.memory) {
		w := heap.Pop(&s.waiting).(*waiter)
		s.free--
		s.busy++
		s.memory -= w.memory
		close(w.turn)
	}
}

// abandon takes w out of the queue, or gives its place back if it just came.
func (s *slots) abandon(w *waiter) {
	s.mu.Lock()
	for i, other := range s.waiting {
		if other == w {
			heap.Remove(&s.waiting, i)
			s.grant()
			s.mu.Unlock()
			return
		}
	}
	s.mu.Unlock()
	s.release(w.memory)
}

func (s *slots) release(memory int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free++
	s.busy--
	s.memory += memory
	s.grant()
}

// close gives no more turns: whoever waits does so until its context ends.
func (s *slots) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
}

type waiters []*waiter

func (w waiters) Len() int { return len(w) }
func (w waiters) Less(i, j int) bool {
	if w[i].urgency != w[j].urgency {
		return w[i].urgency > w[j].urgency
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
