// SPDX-License-Identifier: MIT
// A ring of blocks. The feeder fills and hashes the block at `head`; workers deflate in any order;
// the writer writes and hashes in order. `lock` guards the states and counters, a block's bytes
// belong to whoever its state says.
#include "backend/image/gzip.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "backend/base/mem.h"
#include "backend/image/digest.h"

enum { BLOCK_BYTES = 1 << 20, THREADS_MAX = 8 };

enum block_state { FREE, FULL, DONE };

struct gzip_block {
    unsigned char *in, *out;
    size_t in_length, out_length;
    unsigned long crc;
    enum block_state state;
    bool last;
};

struct gzip {
    int fd, level;
    unsigned threads, count;
    struct gzip_block *blocks;
    unsigned head, next, tail; // being filled, to deflate, to write; they only grow
    struct gzip_block
        *current; // what the feeder fills: blocks[head], `spare` after a failure, or NULL
    struct gzip_block spare; // somewhere to write when the ring has stopped
    bool ended, failed;
    int error; // errno of the write
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t workers[THREADS_MAX], writer;
    bool has_writer;
    struct sha256 in_hash, out_hash;
    int64_t in_bytes, out_bytes;
};

static size_t out_capacity(void)
{
    return compressBound(BLOCK_BYTES) + 64; // and the marker of the flush
}

static bool deflate_block(struct gzip *g, struct gzip_block *b)
{
    z_stream z = {0};
    b->crc = crc32(0, b->in, (uInt)b->in_length);
    if (deflateInit2(&z, g->level, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return false;
    z.next_in = b->in;
    z.avail_in = (uInt)b->in_length;
    z.next_out = b->out;
    z.avail_out = (uInt)out_capacity();
    int code = deflate(&z, b->last ? Z_FINISH : Z_FULL_FLUSH);
    b->out_length = z.total_out;
    bool ok = z.avail_in == 0 && z.avail_out > 0 && (b->last ? code == Z_STREAM_END : code == Z_OK);
    deflateEnd(&z);
    return ok;
}

static void *worker_run(void *context)
{
    struct gzip *g = context;
    pthread_mutex_lock(&g->lock);
    for (;;) {
        while (g->next == g->head && !g->ended && !g->failed)
            pthread_cond_wait(&g->changed, &g->lock);
        if (g->failed || g->next == g->head)
            break;
        struct gzip_block *b = &g->blocks[g->next++ % g->count];
        pthread_mutex_unlock(&g->lock);
        bool ok = deflate_block(g, b);
        pthread_mutex_lock(&g->lock);
        b->state = DONE;
        if (!ok) {
            g->failed = true;
            g->error = ENOMEM;
        }
        pthread_cond_broadcast(&g->changed);
    }
    pthread_mutex_unlock(&g->lock);
    return NULL;
}

// Returns 0 or an errno.
static int put(struct gzip *g, const unsigned char *bytes, size_t length)
{
    sha256_add(&g->out_hash, bytes, length);
    g->out_bytes += (int64_t)length;
    while (length > 0) {
        ssize_t n = write(g->fd, bytes, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        bytes += n;
        length -= (size_t)n;
    }
    return 0;
}

static void little_endian(unsigned char *out, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        out[i] = (unsigned char)(value >> (8 * i));
}

// NULL when everything has been given up.
static struct gzip_block *next_done(struct gzip *g)
{
    pthread_mutex_lock(&g->lock);
    struct gzip_block *b = &g->blocks[g->tail % g->count];
    while (b->state != DONE && !g->failed)
        pthread_cond_wait(&g->changed, &g->lock);
    bool failed = g->failed;
    pthread_mutex_unlock(&g->lock);
    return failed ? NULL : b;
}

static int write_blocks(struct gzip *g)
{
    // No time, no name, unknown system: nothing in the header depends on when or where.
    static const unsigned char header[10] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255};
    unsigned long crc = 0;
    uint32_t length = 0;
    int error = put(g, header, sizeof header);
    for (bool last = false; !last && error == 0;) {
        struct gzip_block *b = next_done(g);
        if (!b)
            return 0; // whoever failed has said why
        error = put(g, b->out, b->out_length);
        crc = crc32_combine(crc, b->crc, (z_off_t)b->in_length);
        length += (uint32_t)b->in_length;
        last = b->last;
        pthread_mutex_lock(&g->lock);
        b->state = FREE;
        g->tail++;
        pthread_cond_broadcast(&g->changed);
        pthread_mutex_unlock(&g->lock);
    }
    unsigned char trailer[8];
    little_endian(trailer, (uint32_t)crc);
    little_endian(trailer + 4, length);
    return error ? error : put(g, trailer, sizeof trailer);
}

static void *writer_run(void *context)
{
    struct gzip *g = context;
    int error = write_blocks(g);
    if (error) {
        pthread_mutex_lock(&g->lock);
        g->failed = true;
        g->error = error;
        pthread_cond_broadcast(&g->changed);
        pthread_mutex_unlock(&g->lock);
    }
    return NULL;
}

// Fewer threads than wanted do as well; with none the stream is failed from the start, which
// gzip_end() reports.
static void start(struct gzip *g)
{
    unsigned wanted = g->threads;
    g->has_writer = pthread_create(&g->writer, NULL, writer_run, g) == 0;
    for (g->threads = 0; g->threads < wanted; g->threads++)
        if (pthread_create(&g->workers[g->threads], NULL, worker_run, g) != 0)
            break;
    if (g->has_writer && g->threads > 0)
        return;
    pthread_mutex_lock(&g->lock);
    g->failed = true;
    g->error = EAGAIN;
    pthread_cond_broadcast(&g->changed);
    pthread_mutex_unlock(&g->lock);
}

struct gzip *gzip_new(int fd, int level, unsigned threads)
{
    struct gzip *g = mem_calloc(1, sizeof *g);
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    g->threads = threads ? threads : processors > 0 ? (unsigned)processors : 1;
    if (g->threads > THREADS_MAX)
        g->threads = THREADS_MAX;
    g->fd = fd;
    g->level = level;
    g->count = g->threads * 2 + 2;
    g->blocks = mem_calloc(g->count, sizeof *g->blocks);
    for (unsigned i = 0; i < g->count; i++) {
        g->blocks[i].in = mem_alloc(BLOCK_BYTES);
        g->blocks[i].out = mem_alloc(out_capacity());
    }
    g->spare.in = mem_alloc(BLOCK_BYTES);
    pthread_mutex_init(&g->lock, NULL);
    pthread_cond_init(&g->changed, NULL);
    sha256_init(&g->in_hash);
    sha256_init(&g->out_hash);
    start(g);
    return g;
}

void *gzip_room(struct gzip *g, size_t *room)
{
    if (!g->current) {
        struct gzip_block *b = &g->blocks[g->head % g->count];
        pthread_mutex_lock(&g->lock);
        while (b->state != FREE && !g->failed)
            pthread_cond_wait(&g->changed, &g->lock);
        if (g->failed)
            b = &g->spare; // a worker may still be reading the other
        pthread_mutex_unlock(&g->lock);
        b->in_length = 0;
        b->last = false;
        g->current = b;
    }
    *room = BLOCK_BYTES - g->current->in_length;
    return g->current->in + g->current->in_length;
}

static bool submit(struct gzip *g, bool last)
{
    struct gzip_block *b = g->current;
    g->current = NULL;
    if (b == &g->spare)
        return false;
    sha256_add(&g->in_hash, b->in, b->in_length);
    g->in_bytes += (int64_t)b->in_length;
    pthread_mutex_lock(&g->lock);
    b->last = last;
    b->state = FULL;
    g->head++;
    bool ok = !g->failed;
    pthread_cond_broadcast(&g->changed);
    pthread_mutex_unlock(&g->lock);
    return ok;
}

bool gzip_filled(struct gzip *g, size_t length)
{
    g->current->in_length += length;
    return g->current->in_length < BLOCK_BYTES || submit(g, false);
}

bool gzip_add(struct gzip *g, const void *bytes, size_t length)
{
    const unsigned char *p = bytes;
    while (length > 0) {
        size_t room;
        void *to = gzip_room(g, &room);
        size_t n = length < room ? length : room;
        memcpy(to, p, n);
        p += n;
        length -= n;
        if (!gzip_filled(g, n))
            return false;
    }
    return true;
}

static void finish(struct gzip *g)
{
    pthread_mutex_lock(&g->lock);
    g->ended = true;
    pthread_cond_broadcast(&g->changed);
    pthread_mutex_unlock(&g->lock);
    for (unsigned i = 0; i < g->threads; i++)
        pthread_join(g->workers[i], NULL);
    if (g->has_writer)
        pthread_join(g->writer, NULL);
}

static void release(struct gzip *g)
{
    for (unsigned i = 0; i < g->count; i++) {
        mem_free(g->blocks[i].in);
        mem_free(g->blocks[i].out);
    }
    mem_free(g->blocks);
    mem_free(g->spare.in);
    sha256_clear(&g->in_hash);
    sha256_clear(&g->out_hash);
    pthread_cond_destroy(&g->changed);
    pthread_mutex_destroy(&g->lock);
    mem_free(g);
}

bool gzip_end(struct gzip *g, struct gzip_result *out, struct err *err)
{
    size_t room;
    gzip_room(g, &room); // the last block may be empty, but there is always one
    submit(g, true);
    finish(g);
    bool ok = !g->failed;
    if (ok) {
        out->input_digest = digest_end(&g->in_hash);
        out->output_digest = digest_end(&g->out_hash);
        out->input_bytes = g->in_bytes;
        out->output_bytes = g->out_bytes;
    } else {
        err_errno(err, ERR_IO, g->error, "cannot write the layer");
        if (g->error == ENOSPC)
            err_remedy(err, "make room on the disk of the cache directory and run it again");
    }
    release(g);
    return ok;
}

void gzip_drop(struct gzip *g)
{
    if (!g)
        return;
    pthread_mutex_lock(&g->lock);
    g->failed = true;
    pthread_mutex_unlock(&g->lock);
    finish(g);
    release(g);
}

void gzip_result_clear(struct gzip_result *result)
{
    mem_free(result->input_digest);
    mem_free(result->output_digest);
    *result = (struct gzip_result){0};
}
