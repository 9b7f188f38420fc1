package tiles

import (
	"container/list"
	"sync"
)

// lru keeps values within a bound of bytes; what was used longest ago goes first.
type lru[K comparable, V any] struct {
	most int64

	mu    sync.Mutex
	bytes int64
	order *list.List // of *kept, the last used in front
	by    map[K]*list.Element
}

type kept[K comparable, V any] struct {
	key   K
	value V
	bytes int64
}

func newLRU[K comparable, V any](most int64) *lru[K, V] {
	return &lru[K, V]{most: most, order: list.New(), by: map[K]*list.Element{}}
}

func (c *lru[K, V]) get(key K) (value V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.by[key]
	if !ok {
		return value, false
	}
	c.order.MoveToFront(e)
	return e.Value.(*kept[K, V]).value, true
}

func (c *lru[K, V]) put(key K, value V, bytes int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.by[key]; ok {
		c.remove(e)
	}
	if bytes > c.most {
		return
	}
	c.by[key] = c.order.PushFront(&kept[K, V]{key, value, bytes})
	c.bytes += bytes
	for c.bytes > c.most {
		c.remove(c.order.Back())
	}
}

func (c *lru[K, V]) remove(e *list.Element) {
	k := c.order.Remove(e).(*kept[K, V])
	delete(c.by, k.key)
	c.bytes -= k.bytes
}
