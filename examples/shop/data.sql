-- The shop's rows: made from numbers, so that they are the same on every run and every server.
USE shop;
SET NAMES utf8mb4;
SET time_zone = '+00:00';

CREATE TEMPORARY TABLE numbers (n INT UNSIGNED NOT NULL PRIMARY KEY);
INSERT INTO numbers
WITH RECURSIVE counting (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counting WHERE n < 600)
SELECT n FROM counting;

INSERT INTO customers (id, email, full_name, birthday, newsletter, created_at)
SELECT n,
       CONCAT(ELT(1 + n % 7, 'ada', 'bikram', 'chen', 'dorte', 'olga', 'thi', 'zoe'), n,
              '@example.com'),
       CONCAT(ELT(1 + n % 11, 'Åse', 'Bikram', 'José', 'Łukasz', 'Ольга', 'सीता', '伟', 'Zoë', 'Þóra',
                  'Ngọc', 'Ada'),
              ' ',
              ELT(1 + n % 9, 'Lindqvist', 'Thapa', 'Núñez', 'Wójcik', 'Müller', 'O''Brien', '陈', 'Nguyễn',
                  'Smith')),
       IF(n % 5 = 0, NULL, DATE_ADD('1950-01-01', INTERVAL (n * 487) % 18000 DAY)),
       n % 3 = 0,
       TIMESTAMPADD(MINUTE, n * 397, '2023-02-01 08:00:00')
FROM numbers WHERE n <= 240;

INSERT INTO products (id, sku, title, price, weight_kg, description, cached_at)
SELECT n,
       CONCAT('TEA-', LPAD(n * 7 % 1000, 3, '0'), '-', n),
       CONCAT(ELT(1 + n % 6, 'Green', 'Black', 'Smoked', 'Jasmine', 'White', 'Crème'), ' tea no. ', n),
       CAST(2.49 + n * 0.35 AS DECIMAL(10,2)),
       IF(n % 8 = 0, NULL, n / 7e0),
       IF(n % 4 = 0, NULL, CONCAT('Harvest of ', 2015 + n % 10, '.', CHAR(10 USING utf8mb4),
                                  '"Fine leaves" \\ 100 g')),
       '2025-01-01 00:00:00'
FROM numbers WHERE n <= 80;

INSERT INTO orders (id, customer_id, status, note, ordered_at, updated_at)
SELECT n,
       1 + n * 13 % 240,
       ELT(1 + n % 4, 'paid', 'shipped', 'new', 'shipped'),
       IF(n % 10 = 0, CONCAT('Leave it with the neighbour at no. ', n % 60, ' 🙂'), NULL),
       TIMESTAMPADD(MINUTE, n * 311, '2025-01-01 06:30:00'),
       TIMESTAMPADD(MICROSECOND, n * 137000, TIMESTAMPADD(MINUTE, n * 317, '2025-01-01 07:00:00'))
FROM numbers WHERE n <= 500;

INSERT INTO order_lines (order_id, line_no, product_id, quantity, unit_price)
SELECT orders.id, numbers.n, products.id, 1 + orders.id * numbers.n % 5, products.price
FROM orders
JOIN numbers ON numbers.n <= 1 + orders.id % 4
JOIN products ON products.id = 1 + (orders.id * 3 + numbers.n * 17) % 80;

DROP TEMPORARY TABLE numbers;
