-- SPDX-License-Identifier: MIT
-- The sample database of the practice cloud: an online shop with three stores, as an admin panel would manage it.
-- Loaded once into the database "storefront" by its owner. Every value is computed from the row's number, so that
-- two loads are equal; no random(), no now().
\set ON_ERROR_STOP on
SET client_min_messages = warning;
BEGIN;

CREATE TYPE order_status AS ENUM ('cart', 'placed', 'paid', 'shipped', 'delivered', 'cancelled', 'refunded');
CREATE TYPE payment_method AS ENUM ('card', 'bank_transfer', 'gift_card', 'cash_on_delivery');
CREATE TYPE staff_role AS ENUM ('manager', 'clerk', 'support', 'warehouse');

CREATE TABLE stores (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    city text NOT NULL,
    country_code char(2) NOT NULL,
    phone text,
    opened_on date NOT NULL,
    is_warehouse boolean NOT NULL DEFAULT false
);

CREATE TABLE staff (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    store_id integer NOT NULL REFERENCES stores (id),
    manager_id integer REFERENCES staff (id),
    first_name text NOT NULL,
    last_name text NOT NULL,
    email text NOT NULL UNIQUE,
    role staff_role NOT NULL,
    hired_on date NOT NULL,
    active boolean NOT NULL DEFAULT true
);

CREATE TABLE customers (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    first_name text NOT NULL,
    last_name text NOT NULL,
    email text NOT NULL UNIQUE,
    phone text,
    locale text NOT NULL DEFAULT 'en',
    marketing_consent boolean NOT NULL DEFAULT false,
    blocked boolean NOT NULL DEFAULT false,
    preferences jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL
);

CREATE TABLE addresses (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id integer NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    label text NOT NULL DEFAULT 'home',
    street text NOT NULL,
    city text NOT NULL,
    postcode text NOT NULL,
    country_code char(2) NOT NULL
);
CREATE INDEX ON addresses (customer_id);

CREATE TABLE categories (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    parent_id integer REFERENCES categories (id),
    name text NOT NULL,
    slug text NOT NULL UNIQUE
);

CREATE TABLE suppliers (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    contact_email text NOT NULL,
    lead_time_days integer NOT NULL CHECK (lead_time_days >= 0)
);

CREATE TABLE products (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    category_id integer NOT NULL REFERENCES categories (id),
    supplier_id integer NOT NULL REFERENCES suppliers (id),
    sku text NOT NULL UNIQUE,
    name text NOT NULL,
    description text,
    price_cents integer NOT NULL CHECK (price_cents > 0),
    weight_grams integer,
    tags text[] NOT NULL DEFAULT '{}',
    published boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL
);
CREATE INDEX ON products (category_id);

CREATE TABLE inventory (
    store_id integer NOT NULL REFERENCES stores (id),
    product_id integer NOT NULL REFERENCES products (id),
    quantity integer NOT NULL CHECK (quantity >= 0),
    reorder_level integer NOT NULL DEFAULT 5,
    counted_at timestamptz NOT NULL,
    PRIMARY KEY (store_id, product_id)
);

CREATE TABLE coupons (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code text NOT NULL UNIQUE,
    percent_off integer NOT NULL CHECK (percent_off BETWEEN 1 AND 90),
    valid_from date NOT NULL,
    valid_until date,
    max_uses integer
);

CREATE TABLE orders (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reference text NOT NULL UNIQUE,
    customer_id integer NOT NULL REFERENCES customers (id),
    store_id integer NOT NULL REFERENCES stores (id),
    shipping_address_id integer REFERENCES addresses (id),
    coupon_id integer REFERENCES coupons (id),
    status order_status NOT NULL,
    note text,
    placed_at timestamptz NOT NULL
);
CREATE INDEX ON orders (customer_id);
CREATE INDEX ON orders (placed_at);

CREATE TABLE order_items (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id integer NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
    product_id integer NOT NULL REFERENCES products (id),
    quantity integer NOT NULL CHECK (quantity > 0),
    unit_price_cents integer NOT NULL,
    UNIQUE (order_id, product_id)
);

CREATE TABLE payments (
    id uuid PRIMARY KEY,
    order_id integer NOT NULL REFERENCES orders (id),
    method payment_method NOT NULL,
    amount_cents integer NOT NULL,
    card_last4 char(4),
    succeeded boolean NOT NULL,
    paid_at timestamptz NOT NULL
);
CREATE INDEX ON payments (order_id);

CREATE TABLE shipments (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id integer NOT NULL UNIQUE REFERENCES orders (id),
    packed_by_id integer REFERENCES staff (id),
    carrier text NOT NULL,
    tracking_number text UNIQUE,
    shipped_at timestamptz,
    delivered_at timestamptz
);

CREATE TABLE reviews (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product_id integer NOT NULL REFERENCES products (id),
    customer_id integer NOT NULL REFERENCES customers (id),
    rating smallint NOT NULL CHECK (rating BETWEEN 1 AND 5),
    title text NOT NULL,
    body text,
    approved boolean,
    written_at timestamptz NOT NULL,
    UNIQUE (product_id, customer_id)
);

CREATE TABLE support_tickets (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id integer NOT NULL REFERENCES customers (id),
    order_id integer REFERENCES orders (id),
    assignee_id integer REFERENCES staff (id),
    subject text NOT NULL,
    open boolean NOT NULL,
    opened_at timestamptz NOT NULL
);

-- A view, as real databases have: an introspecting client meets it, too.
CREATE VIEW order_totals AS
SELECT o.id AS order_id, o.reference, sum(i.quantity * i.unit_price_cents) AS total_cents
FROM orders o JOIN order_items i ON i.order_id = o.id
GROUP BY o.id;

-- pick(list, n): the n-th element, round and round.
CREATE FUNCTION pg_temp.pick(list text[], n integer) RETURNS text LANGUAGE sql IMMUTABLE AS
    'SELECT list[1 + n % array_length(list, 1)]';

INSERT INTO stores (name, city, country_code, phone, opened_on, is_warehouse) VALUES
    ('Canal Saint-Martin', 'Paris', 'FR', '+33 1 40 00 00 01', '2016-03-14', false),
    ('Vieux-Lyon', 'Lyon', 'FR', '+33 4 72 00 00 02', '2018-09-01', false),
    ('Königsallee', 'Düsseldorf', 'DE', '+49 211 000003', '2020-06-20', false),
    ('Entrepôt Nord', 'Lille', 'FR', NULL, '2015-01-05', true);

INSERT INTO staff (store_id, manager_id, first_name, last_name, email, role, hired_on, active)
SELECT 1 + (n - 1) % 4,
       CASE WHEN n > 4 THEN 1 + (n - 1) % 4 END,
       pg_temp.pick('{Camille,Noé,Inès,Lukas,Zoë,Jean-Pierre,Ayşe}', n),
       pg_temp.pick('{Martin,O''Neill,Garnier,Schäfer,Lefèvre}', n * 3),
       'staff' || n || '@acme.example',
       (CASE WHEN n <= 4 THEN 'manager' ELSE pg_temp.pick('{clerk,support,warehouse}', n) END)::staff_role,
       date '2016-04-01' + n * 97,
       n <> 11
FROM generate_series(1, 18) AS n;

INSERT INTO customers (first_name, last_name, email, phone, locale, marketing_consent, blocked, preferences, created_at)
SELECT pg_temp.pick('{Alice,Bruno,Chloé,David,Élodie,Farid,Greta,Hugo,Ines,José,Karima}', n),
       pg_temp.pick('{Durand,Petit,Müller,Nguyễn,Rossi,Dubois,García,Smith,Kowalska,Moreau,Weber,Lambert,Rey}', n),
       'customer' || n || '@mail.example',
       CASE WHEN n % 3 > 0 THEN '+33 6 00 00 ' || lpad(n::text, 4, '0') END,
       pg_temp.pick('{fr,fr,en,de}', n),
       n % 2 = 0,
       n % 41 = 0,
       jsonb_build_object('newsletter', n % 2 = 0, 'size', pg_temp.pick('{S,M,L}', n)),
       timestamptz '2024-01-05 08:00+00' + n * interval '53 hours'
FROM generate_series(1, 120) AS n;

INSERT INTO addresses (customer_id, label, street, city, postcode, country_code)
SELECT 1 + (n - 1) % 120,
       CASE WHEN n <= 120 THEN 'home' ELSE 'work' END,
       1 + n * 7 % 180 || ' ' || pg_temp.pick('{rue des Lilas,avenue Foch,Lindenstraße,place du Marché,quai Voltaire}', n),
       pg_temp.pick('{Paris,Lyon,Düsseldorf,Lille,Nantes}', n),
       lpad((n * 613 % 95000)::text, 5, '0'),
       pg_temp.pick('{FR,FR,DE,FR,FR}', n)
FROM generate_series(1, 160) AS n;

INSERT INTO categories (parent_id, name, slug) VALUES
    (NULL, 'Kitchen', 'kitchen'), (NULL, 'Garden', 'garden'), (NULL, 'Stationery', 'stationery'),
    (1, 'Knives', 'knives'), (1, 'Tableware', 'tableware'), (2, 'Seeds', 'seeds'), (2, 'Tools', 'garden-tools'),
    (3, 'Notebooks', 'notebooks');

INSERT INTO suppliers (name, contact_email, lead_time_days) VALUES
    ('Atelier Roche', 'orders@roche.example', 12), ('Nordlicht GmbH', 'sales@nordlicht.example', 21),
    ('Papeterie Vidal', 'contact@vidal.example', 5), ('Green & Sons', 'trade@green.example', 9);

INSERT INTO products (category_id, supplier_id, sku, name, description, price_cents, weight_grams, tags, published,
                      created_at)
SELECT 4 + n % 5, 1 + n % 4, 'SKU-' || lpad(n::text, 5, '0'),
       pg_temp.pick('{Oak,Steel,Linen,Blue,Folding,Small,Enamel}', n) || ' '
           || pg_temp.pick('{chef''s knife,bowl,tomato seeds,trowel,notebook}', n),
       CASE WHEN n % 4 > 0 THEN 'Model ' || n || ', made in series of ' || 10 * (1 + n % 6) || '.' END,
       390 + n * 379 % 9600, 40 + n * 61 % 2400,
       ARRAY[pg_temp.pick('{new,classic,sale}', n), pg_temp.pick('{gift,everyday}', n)],
       n % 13 <> 0,
       timestamptz '2023-11-01 09:30+00' + n * interval '41 hours'
FROM generate_series(1, 60) AS n;

INSERT INTO inventory (store_id, product_id, quantity, reorder_level, counted_at)
SELECT s, p, (s * 17 + p * 29) % 90, 5 + p % 10, timestamptz '2026-10-01 06:00+00' + p * interval '11 minutes'
FROM generate_series(1, 4) AS s, generate_series(1, 60) AS p;

INSERT INTO coupons (code, percent_off, valid_from, valid_until, max_uses) VALUES
    ('WELCOME10', 10, '2024-01-01', NULL, NULL), ('SPRING25', 25, '2026-03-01', '2026-05-31', 500),
    ('STAFF40', 40, '2024-01-01', NULL, NULL), ('OLD5', 5, '2024-01-01', '2024-12-31', 100);

INSERT INTO orders (reference, customer_id, store_id, shipping_address_id, coupon_id, status, note, placed_at)
SELECT 'ORD-' || lpad((10000 + n)::text, 6, '0'), 1 + n * 7 % 120, 1 + n % 3, 1 + n * 7 % 120,
       CASE WHEN n % 6 = 0 THEN 1 + n % 4 END,
       pg_temp.pick('{delivered,delivered,shipped,paid,placed,cancelled,refunded,delivered,cart}', n)::order_status,
       CASE WHEN n % 10 = 0 THEN 'Please leave it with the neighbour.' END,
       timestamptz '2025-02-01 10:00+00' + n * interval '37 hours'
FROM generate_series(1, 300) AS n;

INSERT INTO order_items (order_id, product_id, quantity, unit_price_cents)
SELECT o, p.id, 1 + (o + k) % 3, p.price_cents
FROM generate_series(1, 300) AS o, generate_series(0, 2) AS k
JOIN products p ON true
WHERE p.id = 1 + (o * 11 + k * 17) % 60 AND k <= o % 3;

INSERT INTO payments (id, order_id, method, amount_cents, card_last4, succeeded, paid_at)
SELECT md5('payment ' || o.id)::uuid, o.id,
       pg_temp.pick('{card,card,bank_transfer,gift_card}', o.id)::payment_method, t.total_cents,
       CASE WHEN o.id % 4 IN (0, 1) THEN lpad((o.id * 37 % 10000)::text, 4, '0') END,
       o.id % 19 <> 0, o.placed_at + interval '4 minutes'
FROM orders o JOIN order_totals t ON t.order_id = o.id
WHERE o.status NOT IN ('cart', 'placed', 'cancelled');

INSERT INTO shipments (order_id, packed_by_id, carrier, tracking_number, shipped_at, delivered_at)
SELECT o.id, 1 + o.id % 18, pg_temp.pick('{Colissimo,DHL,Chronopost}', o.id), 'TRK' || o.id * 7919,
       o.placed_at + interval '1 day', CASE WHEN o.status = 'delivered' THEN o.placed_at + interval '3 days' END
FROM orders o WHERE o.status IN ('shipped', 'delivered');

INSERT INTO reviews (product_id, customer_id, rating, title, body, approved, written_at)
SELECT 1 + n % 60, 1 + n % 119, 1 + n * 3 % 5, pg_temp.pick('{Très bien,Good value,Nicht schlecht,Broke at once}', n),
       CASE WHEN n % 3 > 0 THEN 'Review number ' || n || '.' END,
       CASE n % 5 WHEN 0 THEN NULL WHEN 1 THEN false ELSE true END,
       timestamptz '2025-03-01 12:00+00' + n * interval '61 hours'
FROM generate_series(1, 140) AS n;

INSERT INTO support_tickets (customer_id, order_id, assignee_id, subject, open, opened_at)
SELECT o.customer_id, o.id, CASE WHEN o.id % 4 > 0 THEN 1 + o.id % 18 END,
       pg_temp.pick('{Where is my parcel?,Wrong size,Refund please,Invoice needed}', o.id),
       o.id % 3 = 0, o.placed_at + interval '5 days'
FROM orders o WHERE o.id % 9 = 0;

COMMIT;
