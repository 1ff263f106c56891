-- What goes wrong in a copy over the years. Run on dw only.
USE shop;
SET NAMES utf8mb4;
SET time_zone = '+00:00';

-- Lost: five orders with their lines, and a line here and there.
DELETE FROM order_lines WHERE order_id IN (97, 194, 291, 388, 485);
DELETE FROM orders WHERE id IN (97, 194, 291, 388, 485);
DELETE FROM order_lines WHERE order_id % 71 = 0 AND line_no = 1;

-- Out of date: states of orders, prices, an empty text for a NULL, the last digits of a weight.
UPDATE orders SET status = 'new', updated_at = updated_at WHERE id % 60 = 3;
UPDATE products SET price = price + 0.01 WHERE id IN (12, 50);
UPDATE products SET description = '' WHERE id = 4;
UPDATE products SET weight_kg = weight_kg + 1e-15 WHERE id = 1;
UPDATE products SET cached_at = '2025-06-01 12:00:00';  -- ignored by the manifest

-- Written by a client with the wrong character set.
UPDATE customers SET full_name = CONVERT(CAST(full_name AS BINARY) USING latin1) WHERE id = 7;

-- Extra: a test order that somebody forgot, with a customer of its own.
INSERT INTO customers (id, email, full_name, created_at)
VALUES (9001, 'test@example.com', 'Test Test', '2024-05-05 05:05:05');
INSERT INTO orders (id, customer_id, status, ordered_at, updated_at)
VALUES (9001, 9001, 'paid', '2024-05-05 05:05:05', '2024-05-05 05:05:05');
INSERT INTO order_lines VALUES (9001, 1, 1, 1, 2.84), (9001, 2, 2, 1, 3.19);

-- Swapped: two customers have each other's e-mail, which is unique.
SELECT email INTO @first FROM customers WHERE id = 20;
SELECT email INTO @second FROM customers WHERE id = 21;
UPDATE customers SET email = 'in-between' WHERE id = 20;
UPDATE customers SET email = @first WHERE id = 21;
UPDATE customers SET email = @second WHERE id = 20;
