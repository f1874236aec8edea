-- SPDX-License-Identifier: MIT
-- A small shop: every kind of relation, an enum, an array, a composite key, a view, and a second schema.
GRANT ALL ON SCHEMA public TO forest, tlsonly;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO forest, tlsonly;
CREATE TYPE order_state AS ENUM ('cart', 'paid', 'sent');
CREATE TABLE country (id serial PRIMARY KEY, name text NOT NULL UNIQUE);
CREATE TABLE customer (id serial PRIMARY KEY, email text NOT NULL, country_id int REFERENCES country (id), tags text[]);
CREATE TABLE product (id uuid PRIMARY KEY, title text NOT NULL, price numeric(10, 2) NOT NULL, details jsonb);
CREATE TABLE orders (id serial PRIMARY KEY, customer_id int NOT NULL REFERENCES customer (id),
    state order_state NOT NULL DEFAULT 'cart', created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now());
CREATE TABLE order_line (order_id int REFERENCES orders (id), product_id uuid REFERENCES product (id),
    quantity int NOT NULL, PRIMARY KEY (order_id, product_id));
CREATE VIEW paid_orders AS SELECT id, customer_id FROM orders WHERE state = 'paid';
INSERT INTO country (name) VALUES ('France'), ('Norway');
INSERT INTO customer (email, country_id, tags) VALUES ('ada@example.com', 1, '{vip}'), ('kari@example.com', 2, '{}');
CREATE SCHEMA archive;
GRANT ALL ON SCHEMA archive TO forest;
CREATE TABLE archive.old_orders (id int PRIMARY KEY, note text);
GRANT ALL ON archive.old_orders TO forest;
